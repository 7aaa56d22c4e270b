-- Gives an event back after a failure.
select public.fail_webhook_event($id::uuid, $lease::uuid, $message::text)
