-- Changes what is given; an absent value leaves its column as it is.
update public.channel_routing_rules as r
   set name = coalesce($name, r.name),
       priority = coalesce($priority, r.priority),
       conditions = coalesce($conditions, r.conditions),
       target_channel_type = coalesce($target_channel_type, r.target_channel_type),
       fallback_channel_type = case when $changes_fallback_channel_type then $fallback_channel_type else r.fallback_channel_type end,
       is_active = coalesce($is_active, r.is_active)
 where r.id = $id and r.workspace_id = $workspace
   and r.updated_at = $version --? version
returning r.id, r.name, r.priority, r.conditions, r.target_channel_type, r.fallback_channel_type, r.is_active, r.created_by, r.created_at,
          r.updated_at
