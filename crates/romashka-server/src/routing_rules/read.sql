-- One routing rule.
select r.id, r.name, r.priority, r.conditions, r.target_channel_type, r.fallback_channel_type, r.team_id, r.agent_id, r.set_priority,
       r.add_tags, r.sla_policy_id, r.is_active, r.created_by, r.created_at, r.updated_at
  from public.channel_routing_rules as r
 where r.id = $id and r.workspace_id = $workspace
