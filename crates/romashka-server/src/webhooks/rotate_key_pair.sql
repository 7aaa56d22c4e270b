-- A new Ed25519 key to sign with as well; the one before is good for a time.
update public.webhook_subscriptions as w
   set private_key = $sealed::text, public_key = $public_key::text, previous_private_key = $previous::text,
       previous_private_until = case when $previous::text is not null then now() + make_interval(hours => $hours::integer) end
 where w.id = $id and w.workspace_id = $workspace
returning w.previous_private_until
