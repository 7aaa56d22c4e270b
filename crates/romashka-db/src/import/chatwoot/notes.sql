insert into public.conversation_notes (id, workspace_id, conversation_id, agent_id, note, created_at)
select pg_temp.id_of('message', (r ->> 'id')::bigint), pg_temp.place(), c.id, w.person, coalesce(r ->> 'content', ''), pg_temp.at(r ->> 'created_at')
  from jsonb_array_elements($1::jsonb) as r
  join public.conversations as c on c.id = pg_temp.id_of('conversation', (r ->> 'conversation_id')::bigint) and c.workspace_id = pg_temp.place()
  left join people as w on w.id = (r ->> 'sender_id')::bigint and r ->> 'sender_type' = 'User'
 where (r ->> 'private')::boolean and (r ->> 'message_type')::integer <> 2
on conflict do nothing
