-- Figures of days, in one cut.
select d.date, d.channel_type, d.department, d.agent_id, d.total_conversations, d.resolved_conversations, d.ai_resolved_conversations,
       d.human_resolved_conversations, d.abandoned_conversations, d.reopened_conversations, d.avg_first_response_time_seconds,
       d.p50_first_response_time_seconds, d.p90_first_response_time_seconds, d.p95_first_response_time_seconds,
       d.avg_resolution_time_seconds, d.p50_resolution_time_seconds, d.p90_resolution_time_seconds, d.p95_resolution_time_seconds,
       d.total_ratings, d.avg_satisfaction_score::float8 as avg_satisfaction_score, d.handoff_rate::float8 as handoff_rate, d.leads_generated,
       d.revenue_attributed::float8 as revenue_attributed
  from public.daily_metrics as d
 where d.workspace_id = $workspace and d.date between $from_day and $to_day
   and d.channel_type is null and d.department is null and d.agent_id is null --? total
   and d.channel_type is not null and d.department is null and d.agent_id is null --? channel
   and d.department is not null and d.channel_type is null and d.agent_id is null --? department
   and d.agent_id is not null and d.channel_type is null and d.department is null --? agent
 order by d.date, d.channel_type, d.department, d.agent_id
 limit $row_limit
