-- The message that a provider knows by this id.
select romashka.message_of($workspace::uuid, $channel_type::text, $channel::uuid, $external_id::text)
