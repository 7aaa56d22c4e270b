-- Whether a subscription is there, and active.
select s.is_active from public.webhook_subscriptions as s where s.id = $id::uuid and s.workspace_id = $workspace::uuid
