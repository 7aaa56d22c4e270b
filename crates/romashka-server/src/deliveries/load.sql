-- What is sent, to whom, and by which channel.
select m.content, m.metadata, ch.id as channel, ch.status as channel_status, ch.configuration, ch.api_credentials,
       case when d.channel_type = 'api' then substr(known.external_id, 38) else coalesce(known.external_id, c.customer_phone) end as recipient,
       m.id as message, c.id as conversation, m.message_type, m.sender_type::text, m.created_at, c.user_name as customer_name,
       (select p.full_name from public.profiles as p where p.id = m.sender_id) as agent,
       coalesce(not (select p.opt_in from public.customer_channel_preferences as p
                      where p.customer_id = c.customer_id and p.workspace_id = c.workspace_id and p.channel_type = d.channel_type), false) as has_opted_out,
       (select max(said.created_at) from public.conversations as talk join public.messages as said on said.conversation_id = talk.id and said.workspace_id = talk.workspace_id
         where talk.customer_id = c.customer_id and talk.workspace_id = c.workspace_id and talk.channel_type = d.channel_type
           and said.sender_type = 'user' and not said.is_quiet) as last_inbound,
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
     where x.workspace_id = d.workspace_id and x.type = d.channel_type and (x.id = m.channel_id or m.channel_id is null and x.status = 'active')
     order by x.created_at, x.id limit 1) as ch on true
  left join lateral (
    select i.external_id from public.customer_identities as i
     where i.customer_id = c.customer_id and i.workspace_id = c.workspace_id and i.channel_type = d.channel_type
       -- Each integration has ids of its own, so they begin with the channel's (36 characters and a colon).
       and (d.channel_type <> 'api' or starts_with(i.external_id, ch.id::text || ':'))
     order by (ltrim(i.external_id, '+') = ltrim(c.customer_phone, '+')) desc nulls last, i.last_seen_at desc nulls last limit 1) as known on true
 where d.id = $delivery::uuid and d.workspace_id = $workspace::uuid
