-- Sets an event aside for people to look at.
select public.quarantine_webhook_event($id::uuid, $lease::uuid, $message::text)
