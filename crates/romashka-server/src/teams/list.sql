-- Teams of the workspace, by keyset.
select t.id, t.name, t.description, t.department, t.business_hours,
       (select count(*) from public.team_members as m where m.team_id = t.id and m.workspace_id = t.workspace_id) as member_count,
       t.created_at, t.updated_at
  from public.teams as t
 where t.workspace_id = $workspace
   and position(lower($search::text) in lower(t.name)) > 0 --? search
   and lower(t.department) = lower($department) --? department
   and (t.name, t.id) > ($after_text::text, $after_id) --? after_name
   and (t.created_at, t.id) < ($after_time, $after_id) --? after_created_at
 order by t.name, t.id --? by_name
 order by t.created_at desc, t.id desc --? by_created_at
 limit $row_limit
