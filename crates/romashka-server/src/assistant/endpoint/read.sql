-- The workspace's language model.
select e.id, e.is_enabled, e.base_url, e.model, e.api_key is not null as has_key, e.is_streamed, e.idle_timeout_seconds, e.total_timeout_seconds, e.max_tokens, e.daily_tokens,
       e.is_masked, e.daily_cost::float8 as daily_cost, e.input_price::float8 as input_price, e.output_price::float8 as output_price,
       e.created_at, e.updated_at
  from public.ai_endpoints as e
 where e.workspace_id = $workspace
