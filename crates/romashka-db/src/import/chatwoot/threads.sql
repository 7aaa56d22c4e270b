-- So that an answer to an old mail finds its conversation.
insert into public.conversation_thread_keys (workspace_id, conversation_id, channel_type, channel_id, thread_key)
select pg_temp.place(), c.id, 'email', i.channel, btrim(r ->> 'source_id', '<> ')
  from jsonb_array_elements($1::jsonb) as r
  join inboxes as i on i.id = (r ->> 'inbox_id')::bigint and i.type = 'email'
  join public.conversations as c on c.id = pg_temp.id_of('conversation', (r ->> 'conversation_id')::bigint) and c.workspace_id = pg_temp.place()
 where length(btrim(r ->> 'source_id', '<> ')) between 1 and 1000
on conflict do nothing
