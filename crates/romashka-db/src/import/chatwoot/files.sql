insert into public.file_attachments (id, workspace_id, conversation_id, message_id, filename, file_path, file_size, mime_type, file_hash, storage_provider, created_at)
select (r ->> 'file')::uuid, pg_temp.place(), m.conversation_id, m.id, r ->> 'filename', r ->> 'path', (r ->> 'size')::bigint, r ->> 'content_type', r ->> 'hash', 'local', m.created_at
  from jsonb_array_elements($1::jsonb) as r
  join public.messages as m on m.id = pg_temp.id_of('message', (r ->> 'message')::bigint) and m.workspace_id = pg_temp.place()
on conflict do nothing
