-- What a provider says of a message that brings our own id back.
select public.record_delivery_report($delivery::uuid, $part::integer, $channel_type::text, $external_id::text, $status::text, $at::timestamptz, $error::jsonb, $workspace::uuid)
