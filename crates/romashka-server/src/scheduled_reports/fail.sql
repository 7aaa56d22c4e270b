-- Gives a run back after a failed attempt, or ends it.
update public.report_runs as u
   set status = case when $permanent::boolean then 'failed' else 'pending' end, lease_id = null, locked_by = null, error_message = left($message::text, 500),
       next_attempt_at = clock_timestamp() + make_interval(secs => 30 * power(2, least(u.attempt_count, 6))),
       completed_at = case when $permanent::boolean then clock_timestamp() end
 where u.id = $run::uuid and u.workspace_id = $workspace::uuid and u.lease_id = $lease::uuid and u.status = 'running'
