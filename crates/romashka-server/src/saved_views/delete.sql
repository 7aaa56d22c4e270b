-- Removes one saved view.
delete from public.saved_views as v
 where v.id = $id and v.workspace_id = $workspace
   and v.updated_at = $version --? version
