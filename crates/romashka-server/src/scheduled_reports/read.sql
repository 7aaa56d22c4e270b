-- One report that is sent.
select r.id, r.name, r.description, r.report_type, r.schedule_cron, r.recipients, r.filters, r.format, r.is_active, r.last_sent_at, r.next_run_at,
       r.created_by, r.created_at, r.updated_at
  from public.scheduled_reports as r
 where r.id = $id and r.workspace_id = $workspace
