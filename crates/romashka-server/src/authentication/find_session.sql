-- Who is signed in with a token.
select found.session, found.person, found.chosen_workspace, found.authenticated_at
  from romashka.find_session($token_hash::bytea) as found
 where found.session is not null
