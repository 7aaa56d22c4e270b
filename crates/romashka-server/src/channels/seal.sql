-- Keeps credentials with a new verify token.
update public.communication_channels as c set api_credentials = $api_credentials
 where c.id = $id and c.workspace_id = $workspace
