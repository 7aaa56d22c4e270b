-- When a report was sent last.
update public.scheduled_reports as r set last_sent_at = clock_timestamp() where r.id = $report::uuid and r.workspace_id = $workspace::uuid
