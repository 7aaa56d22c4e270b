-- Webhooks of the workspace, by keyset.
select w.id, w.event_type, w.webhook_url, w.integration_id, w.is_active, w.retry_count, w.timeout_seconds,
       w.secret_key is not null as has_secret, w.public_key, greatest(w.previous_secret_until, w.previous_private_until) as previous_key_until, w.last_triggered, w.success_count, w.failure_count, w.failing_since, w.warned_at, w.disabled_at,
       w.disabled_reason, w.created_at
  from public.webhook_subscriptions as w
 where w.workspace_id = $workspace
   and w.event_type = $event_type --? event_type
   and w.is_active = $is_active --? is_active
   and (w.created_at, w.id) < ($after_time, $after_id) --? after_created_at
 order by w.created_at desc, w.id desc
 limit $row_limit
