-- The file that a signed address names.
select f.filename, f.file_path, f.file_hash, f.mime_type, f.storage_provider
  from public.file_attachments as f
 where f.id = $id::uuid and f.workspace_id = $workspace::uuid
