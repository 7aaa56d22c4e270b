-- The invitation of a token, and what its mail says.
select i.id, w.name as workspace_name, p.full_name as invited_by, w.default_language as language
  from public.workspace_invitations as i join public.workspaces as w on w.id = i.workspace_id left join public.profiles as p on p.id = i.invited_by
 where i.token_hash = $token_hash and i.workspace_id = $workspace
