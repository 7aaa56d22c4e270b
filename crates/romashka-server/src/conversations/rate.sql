-- What the customer thinks of it.
select public.rate_conversation($id::uuid, $score::float8::numeric, $comment::text, $workspace::uuid)
