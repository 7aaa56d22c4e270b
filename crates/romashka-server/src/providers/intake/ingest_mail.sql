-- Takes in one mail. A duplicate changes nothing.
select i.is_duplicate
  from public.ingest_message('email', $customer::text, $content::text,
    external_message_id => $external_message_id::text, channel_id => $channel::uuid, customer_name => $customer_name::text,
    thread_keys => $thread_keys::text[], subject => $subject::text, metadata => $metadata::jsonb, occurred_at => $occurred_at::timestamptz,
    is_quiet => $is_quiet::boolean, is_verified => $is_verified::boolean, attachments => $attachments::jsonb, workspace => $workspace::uuid) as i
