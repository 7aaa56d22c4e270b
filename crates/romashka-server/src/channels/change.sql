-- Changes what is given; an absent value leaves its column as it is.
update public.communication_channels as c
   set name = coalesce($name, c.name),
       status = coalesce($status, c.status),
       configuration = coalesce($configuration, c.configuration),
       webhook_url = case when $changes_webhook_url then $webhook_url else c.webhook_url end,
       message_limit_per_day = coalesce($message_limit_per_day, c.message_limit_per_day),
       api_credentials = case when $changes_api_credentials then $api_credentials else c.api_credentials end,
       webhook_secret = case when $changes_webhook_secret then $webhook_secret else c.webhook_secret end
 where c.id = $id and c.workspace_id = $workspace
   and c.updated_at = $version --? version
returning c.id, c.name, c.type as kind, c.status, c.configuration, c.webhook_url, c.message_limit_per_day, c.messages_sent_today,
          c.api_credentials is not null as has_credentials, c.webhook_secret is not null as has_webhook_secret, c.last_error, c.last_error_at, romashka.channel_health(c.id, c.workspace_id, c.last_error) as health, c.created_by, c.created_at,
          c.updated_at
