-- Removes one team.
delete from public.teams as t
 where t.id = $id and t.workspace_id = $workspace
   and t.updated_at = $version --? version
