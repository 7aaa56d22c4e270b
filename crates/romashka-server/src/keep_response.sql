-- What was answered, to be answered again.
select romashka.keep_response($idempotency_key::text, $response_status::integer, $response_headers::jsonb, $response_body::bytea)
