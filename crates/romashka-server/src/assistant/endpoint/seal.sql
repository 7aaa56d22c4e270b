-- Keeps the key of the workspace's language model, or forgets it.
update public.ai_endpoints as e set api_key = $api_key where e.workspace_id = $workspace
