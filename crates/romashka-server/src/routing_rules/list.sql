-- Routing rules of the workspace, by keyset.
select r.id, r.name, r.priority, r.conditions, r.target_channel_type, r.fallback_channel_type, r.team_id, r.agent_id, r.set_priority,
       r.add_tags, r.sla_policy_id, r.is_active, r.created_by, r.created_at, r.updated_at
  from public.channel_routing_rules as r
 where r.workspace_id = $workspace
   and r.is_active = $is_active --? is_active
   and (r.priority, r.id) < ($after_number::bigint, $after_id) --? after_priority
   and (r.created_at, r.id) < ($after_time, $after_id) --? after_created_at
 order by r.priority desc, r.id desc --? by_priority
 order by r.created_at desc, r.id desc --? by_created_at
 limit $row_limit
