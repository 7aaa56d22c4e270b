-- Keeps a token that is good for one act.
select romashka.keep_token($token_hash::bytea, $purpose::text, $person::uuid, make_interval(secs => $seconds::float8))
