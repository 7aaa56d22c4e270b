-- Says that he did not.
select public.fail_webhook_delivery($delivery::uuid, $lease::uuid, $message::text, $http_status::integer, $duration::integer, $answer::text,
         $permanent::boolean, $gone::boolean, make_interval(secs => $wait::float8))
