-- Whose token it is.
select romashka.find_token($token_hash::bytea, $purpose::text)
