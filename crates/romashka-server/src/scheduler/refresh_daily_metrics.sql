-- The roll-ups of a workspace's days that are over or have changed.
select public.refresh_daily_metrics($workspace::uuid)::bigint
