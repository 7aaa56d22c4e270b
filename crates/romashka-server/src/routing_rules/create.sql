-- A new routing rule.
insert into public.channel_routing_rules as r (workspace_id, name, priority, conditions, target_channel_type, fallback_channel_type, team_id, agent_id,
  set_priority, add_tags, sla_policy_id, is_active)
values ($workspace, $name, coalesce($priority, 0), coalesce($conditions, '{}'::jsonb), $target_channel_type, $fallback_channel_type, $team_id, $agent_id,
        $set_priority::text, coalesce($add_tags, '{}'::text[]), $sla_policy_id, coalesce($is_active, true))
returning r.id, r.name, r.priority, r.conditions, r.target_channel_type, r.fallback_channel_type, r.team_id, r.agent_id, r.set_priority,
          r.add_tags, r.sla_policy_id, r.is_active, r.created_by, r.created_at, r.updated_at
