-- Who has a conversation in view.
select p.user_id, min(m.full_name) as name, coalesce(bool_or(p.typing_until > now()), false) as is_typing, min(p.created_at) as since
  from public.presence as p
  join public.profiles as m on m.id = p.user_id
 where p.workspace_id = $workspace and p.conversation_id = $id and p.expires_at > now()
 group by p.user_id
 order by min(p.created_at), p.user_id
