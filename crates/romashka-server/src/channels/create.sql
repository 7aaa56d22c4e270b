-- A new channel.
insert into public.communication_channels as c (workspace_id, id, type, api_credentials, webhook_secret, name, status, configuration, webhook_url, message_limit_per_day)
values ($workspace, $id, $kind, $api_credentials, $webhook_secret, $name, coalesce($status, 'active'), coalesce($configuration,
        '{}'::jsonb), $webhook_url, coalesce($message_limit_per_day, 1000))
returning c.id, c.name, c.type as kind, c.status, c.configuration, c.webhook_url, c.message_limit_per_day, c.messages_sent_today,
          c.api_credentials is not null as has_credentials, c.webhook_secret is not null as has_webhook_secret, c.last_error, c.last_error_at, romashka.channel_health(c.id, c.workspace_id, c.last_error) as health, c.created_by, c.created_at,
          c.updated_at
