-- Removes one canned response.
delete from public.canned_responses as r
 where r.id = $id and r.workspace_id = $workspace
   and r.updated_at = $version --? version
