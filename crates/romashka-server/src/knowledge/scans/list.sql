-- Scans of the workspace, newest first, by keyset.
select j.id, j.user_id, j.urls, j.status, j.progress_percentage, j.pages_found, j.pages_processed, j.scan_settings, j.error_details, j.started_at, j.completed_at, j.created_at
  from public.website_scan_jobs as j
 where j.workspace_id = $workspace
   and j.status = any ($status) --? status
   and (j.created_at, j.id) < ($after_time, $after_id) --? after
 order by j.created_at desc, j.id desc
 limit $row_limit
