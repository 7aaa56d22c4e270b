-- The figures of this moment, of a workspace.
select public.refresh_realtime_metrics($workspace::uuid)::bigint
