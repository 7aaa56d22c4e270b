-- What a mail is made of beside its text: the conversation, and the mails before it.
select m.id as message, c.id as conversation, m.created_at, m.sender_type::text, m.metadata, p.full_name as agent, c.number, c.subject, c.user_name as customer,
       answered.mail as answered, coalesce(answered.is_quiet, false) as answers_automatic,
       (select d2.external_message_id from public.message_delivery_tracking as d2 join public.messages as m2 on m2.id = d2.message_id and m2.workspace_id = d2.workspace_id
         where m2.conversation_id = c.id and m2.workspace_id = c.workspace_id and m2.created_at < m.created_at and d2.channel_type = 'email'
           and d2.external_message_id is not null
         order by m2.created_at desc, m2.id desc limit 1) as own_before
  from public.message_delivery_tracking as d
  join public.messages as m on m.id = d.message_id and m.workspace_id = d.workspace_id
  join public.conversations as c on c.id = m.conversation_id and c.workspace_id = m.workspace_id
  left join public.profiles as p on p.id = m.sender_id
  left join lateral (
    select said.metadata -> 'mail' as mail, said.is_quiet or said.metadata #> '{mail,suppress_replies}' = 'true'::jsonb as is_quiet from public.messages as said
     where said.conversation_id = c.id and said.workspace_id = c.workspace_id and said.sender_type = 'user' and said.channel_type = 'email'
       and said.metadata -> 'mail' ->> 'message_id' is not null and said.metadata #> '{mail,bounce}' is null and said.created_at <= m.created_at
     order by said.created_at desc, said.id desc limit 1) as answered on true
 where d.id = $delivery::uuid and d.workspace_id = $workspace::uuid
