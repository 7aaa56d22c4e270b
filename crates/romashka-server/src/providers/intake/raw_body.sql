-- The bytes of one event.
select e.raw_body from public.webhook_events as e where e.id = $id::uuid and e.workspace_id = $workspace::uuid and e.created_at = $created_at::timestamptz
