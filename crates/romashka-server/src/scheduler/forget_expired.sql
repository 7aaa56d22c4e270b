-- Sessions, tokens, limits and kept answers that are over.
select romashka.forget_expired(1000)::bigint
