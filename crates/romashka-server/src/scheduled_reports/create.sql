-- A new report to send.
insert into public.scheduled_reports as r (workspace_id, name, description, report_type, schedule_cron, recipients, filters, format, is_active, next_run_at, created_by)
values ($workspace, $name, $description, $report_type, $schedule_cron, $recipients, $filters, coalesce($format, 'pdf'), coalesce($is_active, true), $next_run_at,
        (select p.id from public.profiles as p where p.id = romashka.current_user_id()))
returning r.id, r.name, r.description, r.report_type, r.schedule_cron, r.recipients, r.filters, r.format, r.is_active, r.last_sent_at, r.next_run_at,
          r.created_by, r.created_at, r.updated_at
