-- The files of a message: those that are its own, and those of its conversation that it names.
select f.id, f.workspace_id, f.filename, f.file_size, f.mime_type, f.file_path, f.file_hash, f.storage_provider
  from public.message_delivery_tracking as d
  join public.messages as m on m.id = d.message_id and m.workspace_id = d.workspace_id
  join public.file_attachments as f on f.workspace_id = m.workspace_id
   and (f.message_id = m.id or f.conversation_id = m.conversation_id and m.metadata -> 'attachments' @> to_jsonb(f.id::text))
 where d.id = $delivery::uuid and d.workspace_id = $workspace::uuid
 order by f.created_at, f.id
