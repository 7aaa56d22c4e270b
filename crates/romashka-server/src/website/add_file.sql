-- A visitor's file whose bytes are in place.
insert into public.file_attachments (id, workspace_id, filename, file_path, file_size, mime_type, file_hash, visitor_session_id, storage_provider)
values ($id, $workspace, $filename, $file_path, $file_size, $mime_type, $file_hash, $session, $provider)
