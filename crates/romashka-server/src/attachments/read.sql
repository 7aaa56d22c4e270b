-- One file.
select f.id, f.conversation_id, f.message_id, f.filename, f.file_size, f.mime_type, f.file_hash, f.uploaded_by, f.created_at
  from public.file_attachments as f
 where f.id = $id and f.workspace_id = $workspace
