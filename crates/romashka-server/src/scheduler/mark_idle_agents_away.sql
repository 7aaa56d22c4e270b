-- Agents who are not there.
select public.mark_idle_agents_away(500)::bigint
