-- The inbox: conversations of the workspace, as row security shows them, by keyset.
select c.id, c.number, c.customer_id, c.user_name as customer_name, c.assigned_agent_id, c.team_id, c.status, c.priority, c.channel_type, c.channel_id,
       c.subject, c.tags, c.language, c.department, c.handoff_reason, c.last_message, c.last_message_at, c.message_count, c.waiting_since, c.snoozed_until,
       c.satisfaction_score::float8 as satisfaction_score, c.merged_into_id, c.custom_attributes, c.routing_rule_id, c.resolved_at, c.created_at, c.updated_at
  from public.conversations as c
 where c.workspace_id = $workspace
   and c.status = any ($status) --? status
   and c.priority = any ($priority) --? priority
   and c.channel_type = any ($channel_type) --? channel_type
   and c.assigned_agent_id = $assigned_agent_id --? assigned_agent_id
   and c.assigned_agent_id is null --? is_unassigned
   and c.team_id = $team_id --? team_id
   and c.customer_id = $customer_id --? customer_id
   and c.tags @> array[$tag] --? tag
   and c.snoozed_until is null --? is_awake
   and c.snoozed_until is not null --? is_snoozed
   and c.waiting_since is not null --? by_waiting
   and (c.created_at, c.id) < ($after_time, $after_id) --? after_created
   and (c.last_message_at, c.id) < ($after_time, $after_id) --? after_message
   and (c.waiting_since, c.id) > ($after_time, $after_id) --? after_waiting
 order by c.created_at desc, c.id desc --? by_created
 order by c.last_message_at desc, c.id desc --? by_message
 order by c.waiting_since, c.id --? by_waiting
 limit $row_limit
