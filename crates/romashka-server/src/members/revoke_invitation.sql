-- Takes an invitation back that was not accepted.
delete from public.workspace_invitations as i where i.id = $id and i.workspace_id = $workspace and i.accepted_at is null
