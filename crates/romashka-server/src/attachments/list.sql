-- Files of the workspace, newest first.
select f.id, f.conversation_id, f.message_id, f.filename, f.file_size, f.mime_type, f.file_hash, f.uploaded_by, f.created_at
  from public.file_attachments as f
 where f.workspace_id = $workspace
   and f.conversation_id = $conversation_id --? conversation_id
   and f.message_id = $message_id --? message_id
   and (f.created_at, f.id) < ($after_time, $after_id) --? after
 order by f.created_at desc, f.id desc
 limit $row_limit
