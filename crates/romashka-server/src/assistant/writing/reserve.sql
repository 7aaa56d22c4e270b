-- Takes what a call may use from the day's budget; null where it does not allow it.
select romashka.reserve_tokens($workspace::uuid, $tokens::bigint, ($cost::float8)::numeric, ($share::float8)::numeric)
