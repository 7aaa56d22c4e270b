-- The sessions of a person.
select s.id, s.user_agent, s.address, s.created_at, s.last_used_at, s.expires_at from romashka.list_sessions($person::uuid) as s
