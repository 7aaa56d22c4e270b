-- A new workflow.
insert into public.workflows as w (workspace_id, user_id, name, description, trigger_type, trigger_conditions, steps, nodes, connections, is_active)
values ($workspace, (select p.id from public.profiles as p where p.id = romashka.current_user_id()), $name, $description, $trigger_type,
        coalesce($trigger_conditions, '{}'::jsonb), coalesce($steps, '[]'::jsonb), coalesce($nodes, '[]'::jsonb), coalesce($connections,
        '[]'::jsonb), coalesce($is_active, false))
returning w.id, w.name, w.description, w.trigger_type, w.trigger_conditions, w.steps, w.nodes, w.connections, w.is_active,
          w.execution_count, w.success_count, w.failure_count, w.user_id, w.created_at, w.updated_at
