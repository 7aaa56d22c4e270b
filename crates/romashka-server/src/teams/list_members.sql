-- A team's members, those who came first first.
select m.user_id, p.full_name, m.created_at
  from public.team_members as m
  left join public.profiles as p on p.id = m.user_id
 where m.team_id = $team_id and m.workspace_id = $workspace
   and (m.created_at, m.user_id) > ($after_time, $after_id) --? after
 order by m.created_at, m.user_id
 limit $row_limit
