-- A run that somebody asked for, unless several of them wait already.
insert into public.report_runs as u (workspace_id, report_id, scheduled_for, is_manual)
select $workspace::uuid, $report::uuid, clock_timestamp(), true
 where (select count(*) from public.report_runs as x
         where x.report_id = $report::uuid and x.workspace_id = $workspace::uuid and x.is_manual and x.status in ('pending', 'running')) < 5
returning u.id, u.scheduled_for, u.is_manual, u.status, u.attempt_count, u.first_day, u.last_day, u.row_count, u.filename, octet_length(u.content) as file_size,
          u.recipients, u.error_message, u.completed_at, u.created_at
