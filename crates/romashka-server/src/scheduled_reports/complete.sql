-- Keeps the file of a run and ends it; nothing when the lease is lost.
update public.report_runs as u
   set status = 'sent', lease_id = null, locked_by = null, error_message = null, completed_at = clock_timestamp(), first_day = $first_day::date,
       last_day = $last_day::date, row_count = $row_count::integer, filename = $filename::text, content = $content::bytea, recipients = $recipients::text[]
 where u.id = $run::uuid and u.workspace_id = $workspace::uuid and u.lease_id = $lease::uuid and u.status = 'running'
