-- Changes what is given; an absent value leaves its column as it is.
update public.workflows as w
   set name = coalesce($name, w.name),
       description = case when $changes_description then $description else w.description end,
       trigger_type = coalesce($trigger_type, w.trigger_type),
       trigger_conditions = coalesce($trigger_conditions, w.trigger_conditions),
       steps = coalesce($steps, w.steps),
       nodes = coalesce($nodes, w.nodes),
       connections = coalesce($connections, w.connections),
       is_active = coalesce($is_active, w.is_active)
 where w.id = $id and w.workspace_id = $workspace
   and w.updated_at = $version --? version
returning w.id, w.name, w.description, w.trigger_type, w.trigger_conditions, w.steps, w.nodes, w.connections, w.is_active,
          w.execution_count, w.success_count, w.failure_count, w.user_id, w.created_at, w.updated_at
