-- Who belongs to the workspace.
select m.id, m.user_id as person_id, p.email, p.full_name, p.avatar_url, m.role, m.status, a.is_online, a.status as availability, a.current_chat_count, a.max_concurrent_chats,
       m.created_at, m.updated_at
  from public.workspace_members as m
  left join public.profiles as p on p.id = m.user_id
  left join public.agent_availability as a on a.agent_id = m.user_id and a.workspace_id = m.workspace_id
 where m.workspace_id = $workspace
   and m.id = $id --? id
   and m.role = any ($role) --? role
   and m.status = $status --? status
   and (m.created_at, m.id) > ($after_time, $after_id) --? after
 order by m.created_at, m.id
 limit $row_limit
