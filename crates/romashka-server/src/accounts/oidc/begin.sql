-- Keeps what has to fit when a person comes back from the provider.
select romashka.begin_oidc_login($login::uuid, $state_hash::bytea, $browser_hash::bytea, $content::text, make_interval(secs => $seconds::float8))
