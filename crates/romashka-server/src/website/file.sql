-- A file that a visitor may have.
select f.workspace_id, f.filename, f.mime_type, f.storage_provider
  from romashka.visitor_file($session, $file) as f
