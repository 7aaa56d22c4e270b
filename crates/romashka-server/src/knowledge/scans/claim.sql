-- Takes the next request of a scan.
select q.scan_job_id, q.workspace_id, q.lease_id, q.page_id, q.kind, q.url, q.site, q.depth, q.attempt, q.urls, q.settings, q.wishes, q.rules, q.etag, q.last_modified
  from romashka.claim_scan_page($worker::text, job => $job::uuid) as q
