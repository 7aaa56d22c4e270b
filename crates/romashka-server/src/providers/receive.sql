-- Stores what a provider sent; twice the same is stored once.
select public.receive_webhook_event($source::text, $event_type::text, $payload::jsonb, $dedupe_key::text, $ordering_key::text, $channel::uuid, $headers::jsonb,
         $raw_body::bytea, $workspace::uuid)
