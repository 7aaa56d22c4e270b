-- The sealed key of the workspace's language model.
select e.api_key from public.ai_endpoints as e where e.workspace_id = $workspace
