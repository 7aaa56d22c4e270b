-- Removes one widget.
delete from public.widget_configurations as w
 where w.id = $id and w.workspace_id = $workspace
   and w.updated_at = $version --? version
