-- Takes in one message. A duplicate changes nothing.
select i.is_duplicate, i.message_id, i.customer_id
  from public.ingest_message($channel_type::text, $external_customer_id::text, $content::text,
    external_message_id => $external_message_id::text, channel_id => $channel::uuid, customer_name => $customer_name::text,
    customer_phone => $customer_phone::text, message_type => $message_type::text, metadata => $metadata::jsonb, occurred_at => $occurred_at::timestamptz,
    is_quiet => $is_quiet::boolean, is_verified => true, sender_type => $sender_type::text, workspace => $workspace::uuid) as i
