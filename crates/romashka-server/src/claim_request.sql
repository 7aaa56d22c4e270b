-- Whether the request is new. Waits for one with the same key that is still at work.
select claimed.id, claimed.workspace, claimed.is_new, claimed.is_same, claimed.response_status, claimed.response_headers, claimed.response_body
  from romashka.claim_request($idempotency_key::text, $request_hash::bytea) as claimed
