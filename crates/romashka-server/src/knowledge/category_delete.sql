-- Removes one category.
delete from public.knowledge_categories as c
 where c.id = $id and c.workspace_id = $workspace
   and c.updated_at = $version --? version
