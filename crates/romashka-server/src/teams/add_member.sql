-- Puts a member of the workspace into a team.
insert into public.team_members as m (workspace_id, team_id, user_id)
values ($workspace, $team_id, $user_id)
returning m.user_id, (select p.full_name from public.profiles as p where p.id = m.user_id) as full_name, m.created_at
