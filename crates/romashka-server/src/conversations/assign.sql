-- Gives it to an agent, to a team, or to whoever is free.
select public.assign_conversation($id::uuid, $agent::uuid, $team::uuid)
