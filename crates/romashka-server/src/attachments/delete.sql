-- Removes the row of a file.
delete from public.file_attachments as f
 where f.id = $id and f.workspace_id = $workspace
