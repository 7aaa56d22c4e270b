-- The HTML of a mail: in its metadata; and its pictures by their Content-ID.
select m.metadata -> 'mail' as mail,
       (select jsonb_object_agg(f.content_id, f.id) from public.file_attachments as f
         where f.message_id = m.id and f.workspace_id = m.workspace_id and f.content_id is not null) as pictures
  from public.messages as m
 where m.id = $message and m.conversation_id = $conversation and m.workspace_id = $workspace
