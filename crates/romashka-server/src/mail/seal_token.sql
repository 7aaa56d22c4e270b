-- Keeps the credentials with the refresh token that the provider has given.
update public.communication_channels as c set api_credentials = $credentials::jsonb where c.id = $channel::uuid and c.workspace_id = $workspace::uuid
