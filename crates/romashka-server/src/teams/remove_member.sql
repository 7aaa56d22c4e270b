-- Takes a member out of a team.
delete from public.team_members as m
 where m.team_id = $team_id and m.workspace_id = $workspace and m.user_id = $user_id
