-- The HTML of a mail: in its metadata, or a file of it; and its pictures by their Content-ID.
select m.metadata -> 'mail' as mail,
       (select jsonb_build_object('id', f.id, 'path', f.file_path, 'hash', f.file_hash, 'provider', f.storage_provider) from public.file_attachments as f
         where f.message_id = m.id and f.workspace_id = m.workspace_id and f.filename = 'message.html' and f.mime_type = 'text/html'
         order by f.created_at desc, f.id desc limit 1) as html_file,
       (select jsonb_object_agg(f.content_id, f.id) from public.file_attachments as f
         where f.message_id = m.id and f.workspace_id = m.workspace_id and f.content_id is not null) as pictures
  from public.messages as m
 where m.id = $message and m.conversation_id = $conversation and m.workspace_id = $workspace
