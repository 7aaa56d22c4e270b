-- The history of a report, newest first.
select u.id, u.scheduled_for, u.is_manual, u.status, u.attempt_count, u.first_day, u.last_day, u.row_count, u.filename, octet_length(u.content) as file_size,
       u.recipients, u.error_message, u.completed_at, u.created_at
  from public.report_runs as u
 where u.report_id = $report and u.workspace_id = $workspace
   and (u.created_at, u.id) < ($after_time, $after_id) --? after
 order by u.created_at desc, u.id desc
 limit $row_limit
