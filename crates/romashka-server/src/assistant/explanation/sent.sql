-- The message by which it was said, and how far it came.
select m.id as message_id, m.content, m.created_at, c.channel_type::text as channel_type,
       (select d.delivery_status from public.message_delivery_tracking as d where d.message_id = m.id and d.workspace_id = m.workspace_id
         order by d.created_at desc, d.id desc limit 1) as delivery_status
  from public.messages as m
  join public.conversations as c on c.id = m.conversation_id and c.workspace_id = m.workspace_id
 where m.id = $message and m.workspace_id = $workspace
