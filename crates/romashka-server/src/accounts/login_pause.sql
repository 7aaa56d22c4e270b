-- How many seconds an account still waits.
select extract(epoch from romashka.login_pause($account_hash::bytea))::float8
