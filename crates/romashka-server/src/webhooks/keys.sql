-- The sealed keys of a webhook, held until the transaction ends.
select w.secret_key, w.private_key from public.webhook_subscriptions as w
 where w.id = $id and w.workspace_id = $workspace for update
