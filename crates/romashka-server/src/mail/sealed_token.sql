-- The channel's credentials as they are now.
select c.api_credentials from public.communication_channels as c where c.id = $channel::uuid and c.workspace_id = $workspace::uuid
