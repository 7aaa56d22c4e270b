-- Changes what is given; an absent value leaves its column as it is.
update public.channel_routing_rules as r
   set name = coalesce($name, r.name),
       priority = coalesce($priority, r.priority),
       conditions = coalesce($conditions, r.conditions),
       target_channel_type = case when $changes_target_channel_type then $target_channel_type else r.target_channel_type end,
       fallback_channel_type = case when $changes_fallback_channel_type then $fallback_channel_type else r.fallback_channel_type end,
       team_id = case when $changes_team_id then $team_id else r.team_id end,
       agent_id = case when $changes_agent_id then $agent_id else r.agent_id end,
       set_priority = case when $changes_set_priority then $set_priority::text else r.set_priority end,
       add_tags = coalesce($add_tags, r.add_tags),
       sla_policy_id = case when $changes_sla_policy_id then $sla_policy_id else r.sla_policy_id end,
       is_active = coalesce($is_active, r.is_active)
 where r.id = $id and r.workspace_id = $workspace
   and r.updated_at = $version --? version
returning r.id, r.name, r.priority, r.conditions, r.target_channel_type, r.fallback_channel_type, r.team_id, r.agent_id, r.set_priority,
          r.add_tags, r.sla_policy_id, r.is_active, r.created_by, r.created_at, r.updated_at
