insert into public.messages (id, workspace_id, conversation_id, sender_type, sender_id, content, channel_type, channel_id, external_message_id, message_type, media_url,
  delivery_status, metadata, is_quiet, created_at)
select pg_temp.id_of('message', m.id), pg_temp.place(), c.id, m.sender, case when m.sender = 'agent' then w.person end, coalesce(r ->> 'content', ''), i.type, i.channel,
       -- An id of the provider counts once; Chatwoot does not see to that.
       case when m.source is not null and m.turn = 1 and not exists (select from public.messages as o where o.workspace_id = pg_temp.place()
              and o.channel_type = i.type and coalesce(o.channel_id, '00000000-0000-0000-0000-000000000000') = i.channel and o.external_message_id = m.source) then m.source end,
       case when i.type = 'email' then 'text' else case f.type when 0 then 'image' when 1 then 'audio' when 2 then 'video' when 3 then 'document' when 4 then 'location' when 8 then 'contact' else 'text' end end,
       case when f.url ~ '^https?://' then f.url end,
       case (r ->> 'status')::integer when 1 then 'delivered' when 2 then 'read' when 3 then 'failed' else 'sent' end,
       jsonb_build_object('chatwoot', jsonb_strip_nulls(jsonb_build_object('id', m.id, 'content_type', nullif(r -> 'content_type', '0'), 'attachments', r -> 'attachments',
         'sender', case when m.sender <> 'user' and w.person is null then r -> 'sender_name' end))),
       -- What Chatwoot says by itself is nobody's answer.
       m.kind = 3, m.moment
  from (select x.line, (x.line ->> 'id')::bigint as id, (x.line ->> 'message_type')::integer as kind, nullif(left(btrim(x.line ->> 'source_id', '<> '), 1000), '') as source, pg_temp.at(x.line ->> 'created_at') as moment,
               case when (x.line ->> 'message_type')::integer = 0 then 'user'
                    when (x.line ->> 'message_type')::integer = 3 or x.line ->> 'sender_type' in ('AgentBot', 'Captain::Assistant') then 'ai' else 'agent' end as sender,
               row_number() over (partition by x.line ->> 'inbox_id', nullif(left(btrim(x.line ->> 'source_id', '<> '), 1000), '') order by (x.line ->> 'id')::bigint) as turn
          from jsonb_array_elements($1::jsonb) as x (line)
         where not (x.line ->> 'private')::boolean and (x.line ->> 'message_type')::integer in (0, 1, 3)) as m
  join public.conversations as c on c.id = pg_temp.id_of('conversation', (m.line ->> 'conversation_id')::bigint) and c.workspace_id = pg_temp.place()
  join inboxes as i on i.id = (m.line ->> 'inbox_id')::bigint
 cross join lateral (select m.line) as given (r)
  left join people as w on w.id = (r ->> 'sender_id')::bigint and r ->> 'sender_type' = 'User'
  left join lateral (select (a ->> 'file_type')::integer as type, a ->> 'external_url' as url from jsonb_array_elements(nullif(r -> 'attachments', 'null')) as a limit 1) as f on true
 order by m.id
on conflict (id, workspace_id) do nothing
