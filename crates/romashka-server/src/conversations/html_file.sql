-- The file of a message that holds its HTML.
select f.id, f.workspace_id, f.filename, f.file_size, f.mime_type, f.file_path, f.file_hash, f.storage_provider
  from public.file_attachments as f
 where f.message_id = $message and f.workspace_id = $workspace and f.filename = 'message.html' and f.mime_type = 'text/html'
 order by f.created_at desc, f.id desc limit 1
