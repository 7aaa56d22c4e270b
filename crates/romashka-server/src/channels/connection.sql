-- What a channel is set up with.
select c.type as kind, c.configuration, c.api_credentials, c.webhook_secret
  from public.communication_channels as c
 where c.id = $id and c.workspace_id = $workspace
