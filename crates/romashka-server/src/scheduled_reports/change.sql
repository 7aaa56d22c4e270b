-- Changes what is given; an absent value leaves its column as it is.
update public.scheduled_reports as r
   set name = coalesce($name, r.name),
       description = case when $changes_description then $description else r.description end,
       report_type = coalesce($report_type, r.report_type),
       schedule_cron = coalesce($schedule_cron, r.schedule_cron),
       recipients = coalesce($recipients, r.recipients),
       filters = coalesce($filters, r.filters),
       format = coalesce($format, r.format),
       is_active = coalesce($is_active, r.is_active),
       next_run_at = coalesce($next_run_at, r.next_run_at)
 where r.id = $id and r.workspace_id = $workspace
   and r.updated_at = $version --? version
returning r.id, r.name, r.description, r.report_type, r.schedule_cron, r.recipients, r.filters, r.format, r.is_active, r.last_sent_at, r.next_run_at,
          r.created_by, r.created_at, r.updated_at
