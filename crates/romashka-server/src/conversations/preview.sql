-- How an answer would leave now: by which channel and to whom.
select c.channel_type, ch.id as channel, ch.status as channel_status, ch.configuration,
       case when c.channel_type = 'api' then substr(known.external_id, 38) else coalesce(known.external_id, c.customer_phone) end as recipient,
       coalesce(not (select p.opt_in from public.customer_channel_preferences as p
                      where p.customer_id = c.customer_id and p.workspace_id = c.workspace_id and p.channel_type = c.channel_type), false) as has_opted_out,
       (select max(said.created_at) from public.conversations as talk join public.messages as said on said.conversation_id = talk.id and said.workspace_id = talk.workspace_id
         where talk.customer_id = c.customer_id and talk.workspace_id = c.workspace_id and talk.channel_type = c.channel_type
           and said.sender_type = 'user' and not said.is_quiet) as last_inbound
  from public.conversations as c
  left join lateral (
    select x.* from public.communication_channels as x
     where x.workspace_id = c.workspace_id and x.type = c.channel_type and (x.id = c.channel_id or c.channel_id is null and x.status = 'active')
     order by x.created_at, x.id limit 1) as ch on true
  left join lateral (
    select i.external_id from public.customer_identities as i
     where i.customer_id = c.customer_id and i.workspace_id = c.workspace_id and i.channel_type = c.channel_type
       and (c.channel_type <> 'api' or starts_with(i.external_id, ch.id::text || ':'))
     order by (ltrim(i.external_id, '+') = ltrim(c.customer_phone, '+')) desc nulls last, i.last_seen_at desc nulls last limit 1) as known on true
 where c.id = $conversation::uuid and c.workspace_id = $workspace::uuid
