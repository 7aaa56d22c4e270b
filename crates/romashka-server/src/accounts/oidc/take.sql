-- What was kept for this state and this browser, once; a row of nulls when there is nothing.
select taken.login, taken.content from romashka.take_oidc_login($state_hash::bytea, $browser_hash::bytea) as taken
