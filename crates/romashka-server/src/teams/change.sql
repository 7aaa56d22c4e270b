-- Changes what is given; an absent value leaves its column as it is.
update public.teams as t
   set name = coalesce($name, t.name),
       description = case when $changes_description then $description else t.description end,
       department = case when $changes_department then $department else t.department end,
       business_hours = case when $changes_business_hours then $business_hours else t.business_hours end
 where t.id = $id and t.workspace_id = $workspace
   and t.updated_at = $version --? version
returning t.id, t.name, t.description, t.department, t.business_hours,
          (select count(*) from public.team_members as m where m.team_id = t.id and m.workspace_id = t.workspace_id) as member_count,
          t.created_at, t.updated_at
