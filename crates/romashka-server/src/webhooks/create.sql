-- A new webhook.
insert into public.webhook_subscriptions as w (workspace_id, id, secret_key, event_type, webhook_url, integration_id, is_active, retry_count, timeout_seconds)
values ($workspace, $id, $secret_key, $event_type, $webhook_url, $integration_id, coalesce($is_active, true), coalesce($retry_count, 9),
        coalesce($timeout_seconds, 30))
returning w.id, w.event_type, w.webhook_url, w.integration_id, w.is_active, w.retry_count, w.timeout_seconds,
          w.secret_key is not null as has_secret, w.public_key, greatest(w.previous_secret_until, w.previous_private_until) as previous_key_until, w.last_triggered, w.success_count, w.failure_count, w.failing_since, w.warned_at, w.disabled_at,
          w.disabled_reason, w.created_at
