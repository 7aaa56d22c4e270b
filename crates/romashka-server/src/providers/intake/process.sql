-- Reports how many of an event's items were handled.
select public.process_webhook_event($id::uuid, $lease::uuid, $found::integer, $handled::integer, $message::text)
