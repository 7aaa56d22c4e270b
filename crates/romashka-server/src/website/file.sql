-- A file that a visitor may have.
select f.workspace_id, f.filename, f.mime_type, f.storage_provider, f.file_path, f.file_hash
  from romashka.visitor_file($session, $file) as f
