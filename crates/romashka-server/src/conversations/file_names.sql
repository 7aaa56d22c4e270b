-- The names of files of a conversation.
select string_agg(f.filename, ', ' order by f.created_at, f.id)
  from public.file_attachments as f
 where f.id = any ($files::uuid[]) and f.conversation_id = $conversation::uuid and f.workspace_id = $workspace::uuid
