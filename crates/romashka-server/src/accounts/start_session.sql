-- Signs a person in.
select romashka.start_session($person::uuid, $token_hash::bytea, make_interval(secs => $idle::float8), make_interval(secs => $lifetime::float8),
  $second_factor::boolean, $user_agent::text, $address::text::inet)
