-- A run for the moment it was due: one, whoever plans.
insert into public.report_runs (workspace_id, report_id, scheduled_for)
values ($workspace::uuid, $report::uuid, $scheduled_for::timestamptz)
on conflict (report_id, workspace_id, scheduled_for, is_manual) do nothing
