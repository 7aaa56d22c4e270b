-- Lets the whole channel wait.
select public.slow_channel($channel::uuid, make_interval(secs => $wait::float8), $workspace::uuid)
