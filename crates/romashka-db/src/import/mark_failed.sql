-- What a delivery report says about a mail of ours. A mail that was read has arrived, whatever a late report says.
update public.messages
   set metadata = metadata || jsonb_build_object('delivery_report', $3::jsonb),
       delivery_status = case when $4::boolean and delivery_status <> 'read' then 'failed' else delivery_status end
 where workspace_id = $1
   and id = $2
