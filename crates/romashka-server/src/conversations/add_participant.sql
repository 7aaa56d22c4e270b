-- Somebody follows it.
insert into public.conversation_participants (conversation_id, user_id, role)
select c.id, $person, 'follower' from public.conversations as c where c.id = $conversation and c.workspace_id = $workspace
on conflict (conversation_id, workspace_id, user_id) do update set role = excluded.role
returning id
