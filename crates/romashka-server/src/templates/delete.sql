-- Removes one template.
delete from public.message_templates as t
 where t.id = $id and t.workspace_id = $workspace
   and t.updated_at = $version --? version
