-- By which id a message is known outside.
select d.external_message_id from public.message_delivery_tracking as d where d.id = $delivery::uuid and d.workspace_id = $workspace::uuid
