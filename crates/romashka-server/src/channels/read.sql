-- One channel.
select c.id, c.name, c.type as kind, c.status, c.configuration, c.webhook_url, c.message_limit_per_day, c.messages_sent_today,
       c.api_credentials is not null as has_credentials, c.webhook_secret is not null as has_webhook_secret, c.last_error, c.last_error_at, romashka.channel_health(c.id, c.workspace_id, c.last_error) as health, c.created_by, c.created_at,
       c.updated_at
  from public.communication_channels as c
 where c.id = $id and c.workspace_id = $workspace
