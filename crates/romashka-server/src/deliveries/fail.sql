-- Says that it has not, or that nobody knows.
select public.fail_delivery($delivery::uuid, $lease::uuid, $error::jsonb, $permanent::boolean, $uncertain::boolean, make_interval(secs => $wait::float8))
