-- A new key to sign with; the one before is good for a time.
update public.webhook_subscriptions as w
   set secret_key = $sealed::text, previous_secret_key = $previous::text,
       previous_secret_until = case when $previous::text is not null then now() + make_interval(hours => $hours::integer) end
 where w.id = $id and w.workspace_id = $workspace
returning w.previous_secret_until
