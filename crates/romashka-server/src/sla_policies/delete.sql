-- Removes one policy.
delete from public.sla_policies as s
 where s.id = $id and s.workspace_id = $workspace
   and s.updated_at = $version --? version
