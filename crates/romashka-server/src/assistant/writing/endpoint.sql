-- The language model that writes for a workspace, where one does.
select e.id, e.base_url, e.model, e.api_key, e.is_streamed, e.idle_timeout_seconds, e.total_timeout_seconds, e.max_tokens, e.input_price::float8 as input_price,
       e.output_price::float8 as output_price, e.is_masked
  from public.ai_endpoints as e
 where e.workspace_id = $workspace and e.is_enabled
