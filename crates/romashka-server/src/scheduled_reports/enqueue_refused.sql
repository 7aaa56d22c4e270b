-- Tells in the history why a report is switched off.
insert into public.report_runs (workspace_id, report_id, scheduled_for, status, error_message, completed_at)
values ($workspace::uuid, $report::uuid, now(), 'failed', $message::text, now())
