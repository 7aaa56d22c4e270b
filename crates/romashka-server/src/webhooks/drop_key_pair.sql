-- Posts are signed by the secret alone again.
update public.webhook_subscriptions as w
   set private_key = null, public_key = null, previous_private_key = null, previous_private_until = null
 where w.id = $id and w.workspace_id = $workspace
