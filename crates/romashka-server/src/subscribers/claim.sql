-- Takes deliveries to subscribers that are due, with what they need.
select d.id, d.workspace_id, d.lease_id, d.attempt_count, d.payload, s.id as subscription, s.webhook_url, s.secret_key, s.timeout_seconds,
       case when s.previous_secret_until > now() then s.previous_secret_key end as previous_secret_key, s.private_key,
       case when s.previous_private_until > now() then s.previous_private_key end as previous_private_key, s.retry_count
  from public.claim_webhook_deliveries($most::integer, $worker::text) as d
  join public.webhook_subscriptions as s on s.id = d.webhook_subscription_id and s.workspace_id = d.workspace_id
