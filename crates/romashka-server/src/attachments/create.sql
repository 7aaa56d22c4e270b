-- A file whose bytes are in place.
insert into public.file_attachments as f (id, workspace_id, conversation_id, message_id, filename, file_path, file_size, mime_type, file_hash, uploaded_by, storage_provider)
values ($id, $workspace, $conversation_id, $message_id, $filename, $file_path, $file_size, $mime_type, $file_hash,
        (select p.id from public.profiles as p where p.id = romashka.current_user_id()), $provider)
returning f.id, f.conversation_id, f.message_id, f.filename, f.file_size, f.mime_type, f.file_hash, f.uploaded_by, f.created_at
