-- Takes the workspace's language model away.
delete from public.ai_endpoints as e
 where e.workspace_id = $workspace
   and e.updated_at = $version --? version
