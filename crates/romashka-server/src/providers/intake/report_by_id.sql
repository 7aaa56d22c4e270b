-- What a provider says of a message by its own id alone.
select public.record_delivery_status($channel_type::text, $external_id::text, $status::text, $at::timestamptz, $error::jsonb, $workspace::uuid)
