-- Takes a message of an integration in.
select i.customer_id, i.conversation_id, i.message_id, i.is_new_conversation, i.is_duplicate
  from public.ingest_message('api', $customer::text, $content::text, external_message_id => $external_message_id::text, channel_id => $channel::uuid,
         customer_name => $name::text, customer_email => $email::text, customer_phone => $phone::text, message_type => $kind::text,
         metadata => $metadata::jsonb, occurred_at => $occurred_at::timestamptz, language => $language::text, workspace => $workspace::uuid) as i
