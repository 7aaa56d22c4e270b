-- Says that a message goes to its provider now.
select public.begin_delivery($delivery::uuid, $lease::uuid, $parts::integer, make_interval(secs => $length::float8))
