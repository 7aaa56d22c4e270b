-- Ends one session of a person, or all but one.
select romashka.end_sessions($person::uuid, $session::uuid, $except_session::uuid)
