-- The channel that the address of a webhook names.
select f.workspace_id, f.channel_id, f.configuration, f.webhook_secret, f.api_credentials
  from romashka.find_channel($token::text) as f
 where f.channel_type = $channel_type::text
