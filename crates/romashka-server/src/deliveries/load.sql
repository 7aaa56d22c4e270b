-- What is sent, to whom, and by which channel.
select m.content, m.metadata, ch.id as channel, ch.status as channel_status, ch.configuration, ch.api_credentials,
       known.recipient, d.purpose,
       m.id as message, c.id as conversation, m.message_type, m.sender_type::text, m.created_at, c.user_name as customer_name,
       (select p.full_name from public.profiles as p where p.id = m.sender_id) as agent,
       refused.code as refusal, refused.words as words_of_refusal,
       case when d.channel_type = 'whatsapp' then romashka.last_inbound(c.workspace_id, c.customer_id, d.channel_type) end as last_inbound,
       (select a.message from public.channel_alerts as a
         where a.channel_id = ch.id and a.workspace_id = d.workspace_id and a.resolved_at is null and a.kind = 'account' and a.severity = 'critical'
         order by a.raised_at limit 1) as stopped_by,
       (select answered.external_message_id from public.messages as answered
         where answered.workspace_id = m.workspace_id and answered.conversation_id = m.conversation_id and answered.id::text = m.metadata ->> 'reply_to'
           and answered.sender_type = 'user') as reply_to
  from public.message_delivery_tracking as d
  join public.messages as m on m.id = d.message_id and m.workspace_id = d.workspace_id
  join public.conversations as c on c.id = m.conversation_id and c.workspace_id = m.workspace_id
  left join lateral (
    select x.* from public.communication_channels as x
     where x.workspace_id = d.workspace_id and x.type = d.channel_type
       and (x.id = coalesce(d.channel_id, m.channel_id) or coalesce(d.channel_id, m.channel_id) is null and x.status = 'active')
     order by x.created_at, x.id limit 1) as ch on true
 cross join lateral (select romashka.recipient_of(c.workspace_id, c.customer_id, d.channel_type, ch.id, c.customer_phone)) as known (recipient)
 cross join lateral romashka.refusal_of(c.workspace_id, c.customer_id, d.channel_type, ch.id, known.recipient) as refused
 where d.id = $delivery::uuid and d.workspace_id = $workspace::uuid
