-- The delivery of a message that went by an integration.
select d.id
  from public.message_delivery_tracking as d
  join public.messages as m on m.id = d.message_id and m.workspace_id = d.workspace_id
 where d.workspace_id = $workspace and d.channel_type = 'api' and m.channel_id = $channel
   and (m.id = $message::uuid or d.external_message_id = $external_id::text)
