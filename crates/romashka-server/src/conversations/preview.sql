-- How an answer would leave now: by which channel, and why not.
select coalesce(r.channel_type, $channel_type::text, c.channel_type) as channel_type, x.configuration,
       case when r.channel_type is null then 'no_channel' else r.reason end as refusal,
       case when r.channel_type is null then 'There is no channel of this kind to send the message by.' else r.detail end as words_of_refusal
  from public.conversations as c
  left join lateral (
    select a.* from public.reply_channels(c.id, c.workspace_id) as a
     where case when $channel_id::uuid is null and $channel_type::text is null then a.is_usual
                else ($channel_id::uuid is null or a.channel_id = $channel_id::uuid) and ($channel_type::text is null or a.channel_type = $channel_type::text) end
     order by a.can_send desc, a.is_own desc limit 1) as r on true
  left join public.communication_channels as x on x.id = r.channel_id and x.workspace_id = c.workspace_id
 where c.id = $conversation::uuid and c.workspace_id = $workspace::uuid
