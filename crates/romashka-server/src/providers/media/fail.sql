-- Says that it was not.
select romashka.fail_media($id::uuid, $lease::uuid, $message::text, $permanent::boolean, make_interval(secs => $wait::float8))
