-- Percentiles over all conversations that began in a time, not over the days' percentiles. Days are those of the workspace.
with zone as (
  select ($from_day::date)::timestamp at time zone w.time_zone as since, ($to_day::date + 1)::timestamp at time zone w.time_zone as until
    from public.workspaces as w where w.id = $workspace)
select count(*) as conversation_count,
       count(a.first_response_seconds) as first_response_count,
       percentile_disc(array[0.5, 0.9, 0.95]) within group (order by a.first_response_seconds) as first_response_seconds,
       percentile_disc(array[0.5, 0.9, 0.95]) within group (order by a.first_response_business_seconds) as first_response_business_seconds,
       count(a.total_duration_seconds) as resolution_count,
       percentile_disc(array[0.5, 0.9, 0.95]) within group (order by a.total_duration_seconds) as resolution_seconds,
       percentile_disc(array[0.5, 0.9, 0.95]) within group (order by a.resolution_business_seconds) as resolution_business_seconds
  from zone
  join public.conversations as c on c.workspace_id = $workspace and c.created_at >= zone.since and c.created_at < zone.until
  join public.conversation_analytics as a on a.conversation_id = c.id and a.workspace_id = c.workspace_id
 where c.merged_into_id is null
   and c.channel_type = $channel_type --? channel_type
   and c.department = $department --? department
   and c.assigned_agent_id = $agent_id --? agent_id
   and c.team_id = $team_id --? team_id
   and c.tags @> array[$tag::text] --? tag
