-- What a scan visits, in the order it was found, by keyset.
select p.id, p.kind, p.url, p.depth, p.status, p.code, p.detail, p.http_status, p.byte_count, p.knowledge_item_id, p.finished_at, p.created_at
  from public.website_scan_pages as p
 where p.scan_job_id = $id and p.workspace_id = $workspace
   and p.status = any ($status) --? status
   and (p.created_at, p.id) > ($after_time, $after_id) --? after
 order by p.created_at, p.id
 limit $row_limit
