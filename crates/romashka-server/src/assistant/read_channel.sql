-- How the assistant answers on a channel.
select a.channel_id, a.is_enabled, a.name, a.hours, a.traffic_share::float8 as traffic_share, a.answer_limit, a.forbidden_topics, a.texts, a.created_at, a.updated_at
  from public.channel_assistants as a
 where a.channel_id = $id and a.workspace_id = $workspace
