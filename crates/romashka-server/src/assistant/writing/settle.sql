-- Puts what a call has used in place of what was reserved for it.
select romashka.settle_tokens($reservation::uuid, $workspace::uuid, $tokens::bigint, ($cost::float8)::numeric)
