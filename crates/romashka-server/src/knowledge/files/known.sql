-- What is known of the files of a workspace.
select i.file_path, i.file_checksum, i.language, i.audience, i.status
  from public.knowledge_items as i
 where i.workspace_id = $1::uuid and i.file_checksum is not null
