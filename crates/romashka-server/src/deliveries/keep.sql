-- Prolongs the lease while a file goes to the provider.
select public.keep_delivery($delivery::uuid, $lease::uuid, make_interval(secs => $length::float8))
