-- A note of the one who asks.
insert into public.conversation_notes (conversation_id, agent_id, note, note_type, mentions)
select c.id, (select p.id from public.profiles as p where p.id = romashka.current_user_id()), $content, $kind, $mentions
  from public.conversations as c where c.id = $conversation and c.workspace_id = $workspace
returning id
