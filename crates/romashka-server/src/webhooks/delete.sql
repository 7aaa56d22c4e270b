-- Removes one webhook.
delete from public.webhook_subscriptions as w
 where w.id = $id and w.workspace_id = $workspace
