-- Says that a subscriber took an event.
select public.complete_webhook_delivery($delivery::uuid, $lease::uuid, $http_status::integer, $duration::integer, $answer::text)
