-- Somebody follows it no more.
delete from public.conversation_participants as p where p.conversation_id = $conversation and p.workspace_id = $workspace and p.user_id = $person
