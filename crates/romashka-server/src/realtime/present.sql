-- Who is there, and what each has in view; without a person the visitors who type.
select p.user_id, p.conversation_id, coalesce(bool_or(p.typing_until > now()), false) as is_typing
  from public.presence as p
 where p.workspace_id = $workspace and p.expires_at > now()
 group by p.user_id, p.conversation_id
 order by p.user_id, p.conversation_id
