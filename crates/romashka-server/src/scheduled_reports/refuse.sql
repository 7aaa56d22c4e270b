-- Switches off a report whose expression leads nowhere.
update public.scheduled_reports as r set is_active = false, next_run_at = null where r.id = $report::uuid and r.workspace_id = $workspace::uuid
