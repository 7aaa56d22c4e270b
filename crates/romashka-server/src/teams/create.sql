-- A new team.
insert into public.teams as t (workspace_id, name, description, department, business_hours)
values ($workspace, $name, $description, $department, $business_hours)
returning t.id, t.name, t.description, t.department, t.business_hours,
          (select count(*) from public.team_members as m where m.team_id = t.id and m.workspace_id = t.workspace_id) as member_count,
          t.created_at, t.updated_at
