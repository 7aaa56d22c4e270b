-- An event for one subscriber alone: whether it arrives.
insert into public.webhook_logs (workspace_id, webhook_subscription_id, event_type, ordering_key, payload)
values ($workspace::uuid, $subscription::uuid, $event_type::text, null, $payload::jsonb) returning id
