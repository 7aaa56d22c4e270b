-- Sets the assistant of a channel up, in place of how it was.
insert into public.channel_assistants as a (channel_id, workspace_id, is_enabled, name, hours, traffic_share, answer_limit, forbidden_topics, texts)
select c.id, c.workspace_id, coalesce($is_enabled::boolean, true), coalesce($name::text, 'Assistant'), coalesce($hours::text, 'always'), coalesce($traffic_share::float8, 1)::numeric,
       coalesce($answer_limit::integer, 20), coalesce($forbidden_topics::text[], '{}'), coalesce($texts::jsonb, '{}')
  from public.communication_channels as c
 where c.id = $id and c.workspace_id = $workspace
on conflict (channel_id, workspace_id) do update
  set is_enabled = excluded.is_enabled, name = excluded.name, hours = excluded.hours, traffic_share = excluded.traffic_share, answer_limit = excluded.answer_limit,
      forbidden_topics = excluded.forbidden_topics, texts = excluded.texts
returning a.channel_id, a.is_enabled, a.name, a.hours, a.traffic_share::float8 as traffic_share, a.answer_limit, a.forbidden_topics, a.texts, a.created_at, a.updated_at
