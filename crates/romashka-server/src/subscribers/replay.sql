-- Puts events out again.
select public.replay_webhook_deliveries($deliveries::uuid[], $since::timestamptz, $subscription::uuid, $workspace::uuid, $until::timestamptz, $include_succeeded::boolean)
