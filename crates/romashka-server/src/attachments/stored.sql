-- Where a file's bytes are, and as what they are given out.
select f.filename, f.mime_type, f.storage_provider
  from public.file_attachments as f
 where f.id = $id and f.workspace_id = $workspace
