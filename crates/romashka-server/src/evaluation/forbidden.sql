-- The topics that are left to people on any channel of the workspace.
select coalesce(array_agg(distinct t.topic), '{}') from public.channel_assistants as a cross join unnest(a.forbidden_topics) as t (topic)
 where a.workspace_id = $workspace and a.is_enabled
