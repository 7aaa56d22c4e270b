-- The workspaces of a person, with what he is in each.
select w.id, w.slug, w.name, w.time_zone, w.default_language, w.business_hours, w.settings, w.status, m.role, w.created_at, w.updated_at
  from public.workspaces as w join public.workspace_members as m on m.workspace_id = w.id and m.user_id = romashka.current_user_id() and m.status = 'active'
 where true
   and w.id = $id --? id
   and (w.created_at, w.id) > ($after_time, $after_id) --? after
 order by w.created_at, w.id
 limit $row_limit
