-- Reports that are due or not planned yet, held by whoever plans.
select r.id, r.workspace_id, r.schedule_cron, r.next_run_at, w.time_zone, now() as looked_at
  from public.scheduled_reports as r
  join public.workspaces as w on w.id = r.workspace_id and w.status = 'active'
 where r.is_active and (r.next_run_at is null or r.next_run_at <= now())
 order by r.next_run_at nulls first
 limit $row_limit::bigint for update of r skip locked
