-- The roll-ups of days that are over or have changed, of every workspace.
select coalesce(sum(public.refresh_daily_metrics(w.id)), 0)::bigint from public.workspaces as w where w.status = 'active'
