-- Counts an attempt; how many seconds the account now waits.
select extract(epoch from romashka.record_login($account_hash::bytea, $succeeded::boolean))::float8
