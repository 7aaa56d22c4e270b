-- Removes one intent pattern.
delete from public.intent_patterns as i
 where i.id = $id and i.workspace_id = $workspace
   and i.updated_at = $version --? version
