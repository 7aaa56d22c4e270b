-- Says that a trouble of a channel is over.
select romashka.end_channel_alert($channel::uuid, $kind::text, $subject::text, $at::timestamptz, $workspace::uuid)
