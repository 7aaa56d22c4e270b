-- Workflows of the workspace, by keyset.
select w.id, w.name, w.description, w.trigger_type, w.trigger_conditions, w.steps, w.nodes, w.connections, w.is_active, w.execution_count,
       w.success_count, w.failure_count, w.user_id, w.created_at, w.updated_at
  from public.workflows as w
 where w.workspace_id = $workspace
   and position(lower($search::text) in lower(w.name)) > 0 --? search
   and w.is_active = $is_active --? is_active
   and w.trigger_type = any ($trigger_type) --? trigger_type
   and (w.name, w.id) > ($after_text::text, $after_id) --? after_name
   and (w.created_at, w.id) < ($after_time, $after_id) --? after_created_at
 order by w.name, w.id --? by_name
 order by w.created_at desc, w.id desc --? by_created_at
 limit $row_limit
