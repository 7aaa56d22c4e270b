-- Removes one workflow.
delete from public.workflows as w
 where w.id = $id and w.workspace_id = $workspace
   and w.updated_at = $version --? version
