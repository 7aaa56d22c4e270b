-- Uses a token up.
select used.person, used.is_valid from romashka.use_token($token_hash::bytea, $purpose::text) as used
