-- Says whether the provider was told.
select romashka.finish_read_mark($conversation::uuid, $lease::uuid, $told::boolean, make_interval(secs => $wait::float8), $workspace::uuid)
