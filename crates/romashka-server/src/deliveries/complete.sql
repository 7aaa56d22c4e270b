-- Says that the provider has taken a message.
select public.complete_delivery($delivery::uuid, $lease::uuid, $external_id::text)
