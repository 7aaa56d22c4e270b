-- Takes files whose bytes are to go.
select q.id, q.workspace_id, q.storage_provider, q.file_path, q.lease_id, q.is_shared
  from romashka.claim_removed_files($most::integer, $worker) as q
