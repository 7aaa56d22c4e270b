-- When a report is due next.
update public.scheduled_reports as r set next_run_at = $next_run_at::timestamptz where r.id = $report::uuid and r.workspace_id = $workspace::uuid
