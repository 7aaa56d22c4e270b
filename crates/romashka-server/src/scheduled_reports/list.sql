-- Reports of the workspace that are sent, newest first.
select r.id, r.name, r.description, r.report_type, r.schedule_cron, r.recipients, r.filters, r.format, r.is_active, r.last_sent_at, r.next_run_at,
       r.created_by, r.created_at, r.updated_at
  from public.scheduled_reports as r
 where r.workspace_id = $workspace
   and r.is_active = $is_active --? is_active
   and (r.created_at, r.id) < ($after_time, $after_id) --? after
 order by r.created_at desc, r.id desc
 limit $row_limit
