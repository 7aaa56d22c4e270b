-- What was answered, to be answered again.
select romashka.keep_response($id::uuid, $workspace::uuid, $response_status::integer, $response_headers::jsonb, $response_body::text)
