-- One scan.
select j.id, j.user_id, j.urls, j.status, j.progress_percentage, j.pages_found, j.pages_processed, j.scan_settings, j.error_details, j.started_at, j.completed_at, j.created_at
  from public.website_scan_jobs as j
 where j.id = $id and j.workspace_id = $workspace
