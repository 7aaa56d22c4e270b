-- Says whether an answer helped.
select public.rate_answer($id::uuid, $was_helpful::boolean, $feedback::text, $workspace::uuid)
