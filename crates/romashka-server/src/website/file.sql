-- A file that a visitor may have.
select f.id, f.workspace_id, f.filename, f.file_size, f.mime_type, f.file_path, f.file_hash, f.storage_provider
  from romashka.visitor_file($session, $file) as f
