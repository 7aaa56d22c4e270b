-- A file, and where its bytes are.
select f.id, f.workspace_id, f.filename, f.file_size, f.mime_type, f.file_path, f.file_hash, f.storage_provider
  from public.file_attachments as f
 where f.id = $id::uuid and f.workspace_id = $workspace::uuid
