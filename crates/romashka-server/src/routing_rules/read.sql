-- One routing rule.
select r.id, r.name, r.priority, r.conditions, r.target_channel_type, r.fallback_channel_type, r.is_active, r.created_by, r.created_at,
       r.updated_at
  from public.channel_routing_rules as r
 where r.id = $id and r.workspace_id = $workspace
