-- One workflow.
select w.id, w.name, w.description, w.trigger_type, w.trigger_conditions, w.steps, w.nodes, w.connections, w.is_active, w.execution_count,
       w.success_count, w.failure_count, w.user_id, w.created_at, w.updated_at
  from public.workflows as w
 where w.id = $id and w.workspace_id = $workspace
