-- One mail, through the verb that every channel uses.
select taken.is_duplicate, taken.is_new_conversation
  from public.ingest_message(
    channel_type => 'email',
    external_customer_id => $1::text,
    content => $2::text,
    external_message_id => $3::text,
    channel_id => $4::uuid,
    customer_name => $5::text,
    thread_keys => $6::text[],
    subject => $7::text,
    metadata => $8::jsonb,
    occurred_at => $9::timestamptz,
    is_quiet => $10::boolean,
    sender_type => $11::text,
    sender_id => $12::uuid,
    attachments => $13::jsonb,
    workspace => $14::uuid) as taken
