-- Keeps with a text message what it is for the carrier.
update public.messages as m set metadata = m.metadata || jsonb_build_object('sms', $segments::jsonb)
 where m.id = $message::uuid and m.workspace_id = $workspace::uuid and not m.metadata ? 'sms'
