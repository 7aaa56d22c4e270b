-- Removes one report that is sent.
delete from public.scheduled_reports as r
 where r.id = $id and r.workspace_id = $workspace
   and r.updated_at = $version --? version
