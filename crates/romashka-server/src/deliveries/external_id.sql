-- By which id the provider knows a message of a customer's.
select m.external_message_id from public.messages as m
 where m.id = $message::uuid and m.workspace_id = $workspace::uuid and m.sender_type = 'user' and m.channel_type = 'whatsapp'
