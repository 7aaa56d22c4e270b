-- Removes one custom attribute.
delete from public.custom_attribute_definitions as d
 where d.id = $id and d.workspace_id = $workspace
   and d.updated_at = $version --? version
