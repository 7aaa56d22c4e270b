-- Who follows a conversation.
select p.id, p.user_id as person_id, p.role, p.created_at
  from public.conversation_participants as p
 where p.conversation_id = $conversation and p.workspace_id = $workspace
 order by p.created_at, p.id limit 1000
