-- One conversation.
select c.id, c.number, c.customer_id, c.user_name as customer_name, c.assigned_agent_id, c.team_id, c.status, c.priority, c.channel_type, c.channel_id,
       c.subject, c.tags, c.language, c.department, c.handoff_reason, c.last_message, c.last_message_at, c.message_count, c.waiting_since, c.snoozed_until,
       c.satisfaction_score::float8 as satisfaction_score, c.merged_into_id, c.custom_attributes, c.routing_rule_id, c.resolved_at, c.created_at, c.updated_at
  from public.conversations as c
 where c.id = $id and c.workspace_id = $workspace
