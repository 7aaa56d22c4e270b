-- Changes what is given; an absent value leaves its column as it is.
update public.webhook_subscriptions as w
   set event_type = coalesce($event_type, w.event_type),
       webhook_url = coalesce($webhook_url, w.webhook_url),
       integration_id = case when $changes_integration_id then $integration_id else w.integration_id end,
       is_active = coalesce($is_active, w.is_active),
       retry_count = coalesce($retry_count, w.retry_count),
       timeout_seconds = coalesce($timeout_seconds, w.timeout_seconds),
       disabled_at = case when $is_active then null else w.disabled_at end,
       disabled_reason = case when $is_active then null else w.disabled_reason end,
       failing_since = case when $is_active then null else w.failing_since end,
       failures_in_a_row = case when $is_active then 0 else w.failures_in_a_row end,
       first_failed_at = case when $is_active then null else w.first_failed_at end,
       warned_at = case when $is_active then null else w.warned_at end
 where w.id = $id and w.workspace_id = $workspace
returning w.id, w.event_type, w.webhook_url, w.integration_id, w.is_active, w.retry_count, w.timeout_seconds,
          w.secret_key is not null as has_secret, w.public_key, greatest(w.previous_secret_until, w.previous_private_until) as previous_key_until, w.last_triggered, w.success_count, w.failure_count, w.failing_since, w.warned_at, w.disabled_at,
          w.disabled_reason, w.created_at
