-- The mail a delivery report is about: the message itself when it is here, else the conversation that knows its id.
select m.id, t.thread_key, i.external_id
  from public.conversation_thread_keys as t
  join public.conversations as c on c.id = t.conversation_id and c.workspace_id = t.workspace_id
  left join public.messages as m
    on m.workspace_id = t.workspace_id
   and m.channel_type = 'email'
   and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = t.channel_id
   and m.external_message_id = t.thread_key
   and m.sender_type <> 'user'
  left join lateral (
    select identity.external_id
      from public.customer_identities as identity
     where identity.customer_id = c.customer_id
       and identity.workspace_id = c.workspace_id
       and identity.channel_type = 'email'
     order by identity.created_at, identity.id
     limit 1) as i on true
 where t.workspace_id = $1
   and t.channel_type = 'email'
   and t.channel_id = coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
   and t.thread_key = any ($3::text[])
 order by (m.id is null), array_position($3::text[], t.thread_key)
 limit 1
