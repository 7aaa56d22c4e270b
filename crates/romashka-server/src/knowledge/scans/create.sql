-- Orders a scan.
insert into public.website_scan_jobs as j (workspace_id, user_id, urls, scan_settings)
values ($workspace::uuid, (select p.id from public.profiles as p where p.id = romashka.current_user_id()), $urls::text[], $settings::jsonb)
returning j.id, j.user_id, j.urls, j.status, j.progress_percentage, j.pages_found, j.pages_processed, j.scan_settings, j.error_details, j.started_at, j.completed_at, j.created_at
