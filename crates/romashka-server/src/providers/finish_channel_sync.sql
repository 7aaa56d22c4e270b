-- Says how asking a provider ended.
select romashka.finish_channel_sync($channel::uuid, $lease::uuid, $digits::text, $quality::text, $message::text, make_interval(secs => $wait::float8), $workspace::uuid)
