-- Where a file's bytes are, and as what they are given out.
select f.filename, f.mime_type, f.storage_provider, f.file_path, f.file_hash
  from public.file_attachments as f
 where f.id = $id and f.workspace_id = $workspace
