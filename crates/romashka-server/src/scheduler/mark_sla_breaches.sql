-- Promises that were not kept.
select public.mark_sla_breaches(500)::bigint
