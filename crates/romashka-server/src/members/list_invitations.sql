-- Invitations that are open or were accepted.
select i.id, i.email, i.role, i.invited_by, i.expires_at, i.accepted_at, i.created_at
  from public.workspace_invitations as i
 where i.workspace_id = $workspace
   and i.id = $id --? id
   and i.accepted_at is null and i.expires_at > now() --? is_open
   and (i.created_at, i.id) < ($after_time, $after_id) --? after
 order by i.created_at desc, i.id desc
 limit $row_limit
