-- The mail of ours that a delivery report is about, by the Message-ID that was stored before it left.
select d.id as delivery, d.external_message_id, t.thread_key,
       (select i.external_id from public.customer_identities as i
         where i.customer_id = c.customer_id and i.workspace_id = c.workspace_id and i.channel_type = 'email' order by i.created_at, i.id limit 1) as customer
  from public.conversation_thread_keys as t
  join public.conversations as c on c.id = t.conversation_id and c.workspace_id = t.workspace_id
  join public.message_delivery_tracking as d on d.workspace_id = t.workspace_id and d.channel_type = 'email'
   and d.message_id::text = split_part(split_part(t.thread_key, '@', 1), '.', 2)
 where t.workspace_id = $workspace::uuid and t.channel_type = 'email'
   and t.channel_id = coalesce($channel::uuid, '00000000-0000-0000-0000-000000000000'::uuid) and t.thread_key = $id::text
 limit 1
