-- Sets the workspace's language model up, in place of how it was; its key stays.
insert into public.ai_endpoints as e (workspace_id, is_enabled, base_url, model, is_streamed, idle_timeout_seconds, total_timeout_seconds, max_tokens, daily_tokens, daily_cost,
  input_price, output_price, is_masked)
values ($workspace, coalesce($is_enabled::boolean, true), $base_url, $model, coalesce($is_streamed::boolean, true), coalesce($idle_timeout_seconds::integer, 10),
        coalesce($total_timeout_seconds::integer, 30), coalesce($max_tokens::integer, 400), coalesce($daily_tokens::bigint, 200000), ($daily_cost::float8)::numeric,
        coalesce($input_price::float8, 0)::numeric, coalesce($output_price::float8, 0)::numeric, coalesce($is_masked::boolean, true))
on conflict (workspace_id) do update
  set is_enabled = excluded.is_enabled, base_url = excluded.base_url, model = excluded.model, is_streamed = excluded.is_streamed,
      idle_timeout_seconds = excluded.idle_timeout_seconds, total_timeout_seconds = excluded.total_timeout_seconds, max_tokens = excluded.max_tokens,
      daily_tokens = excluded.daily_tokens, daily_cost = excluded.daily_cost, input_price = excluded.input_price, output_price = excluded.output_price, is_masked = excluded.is_masked
returning e.id
