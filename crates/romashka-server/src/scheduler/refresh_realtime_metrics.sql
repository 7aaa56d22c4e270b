-- The figures of this moment, of every workspace.
select coalesce(sum(public.refresh_realtime_metrics(w.id)), 0)::bigint from public.workspaces as w where w.status = 'active'
