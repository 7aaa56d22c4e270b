-- Takes runs that are to be made, with what is needed for it.
with chosen as materialized (
  select x.id, x.workspace_id from public.report_runs as x
   where x.status in ('pending', 'running') and x.next_attempt_at <= now()
   order by x.next_attempt_at limit $most::bigint for update skip locked)
update public.report_runs as u
   set status = 'running', lease_id = gen_random_uuid(), locked_by = $worker::text, attempt_count = u.attempt_count + 1,
       next_attempt_at = clock_timestamp() + make_interval(secs => $lease::float8)
  from chosen
  join public.workspaces as w on w.id = chosen.workspace_id,
       public.scheduled_reports as r
 where u.id = chosen.id and u.workspace_id = chosen.workspace_id and r.id = u.report_id and r.workspace_id = u.workspace_id
returning u.id, u.workspace_id, u.report_id, u.lease_id, u.attempt_count, u.scheduled_for, r.name, r.report_type, r.filters, r.format, r.recipients,
          w.name as workspace_name, w.time_zone
