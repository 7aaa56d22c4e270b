-- Gives a message back untried.
select public.postpone_delivery($delivery::uuid, $lease::uuid, make_interval(secs => $wait::float8), $error::jsonb)
