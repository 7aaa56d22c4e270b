-- Removes one article.
delete from public.knowledge_items as i
 where i.id = $id and i.workspace_id = $workspace
   and i.updated_at = $version --? version
