-- Changes what is given; an absent value leaves its column as it is.
update public.sla_policies as s
   set name = coalesce($name, s.name),
       description = case when $changes_description then $description else s.description end,
       "position" = coalesce($position, s."position"),
       is_active = coalesce($is_active, s.is_active),
       priorities = coalesce($priorities, s.priorities),
       channel_types = coalesce($channel_types, s.channel_types),
       team_ids = coalesce($team_ids, s.team_ids),
       first_response_seconds = case when $changes_first_response_seconds then $first_response_seconds else s.first_response_seconds end,
       next_response_seconds = case when $changes_next_response_seconds then $next_response_seconds else s.next_response_seconds end,
       resolution_seconds = case when $changes_resolution_seconds then $resolution_seconds else s.resolution_seconds end,
       business_hours_only = coalesce($business_hours_only, s.business_hours_only),
       pause_while_waiting = coalesce($pause_while_waiting, s.pause_while_waiting)
 where s.id = $id and s.workspace_id = $workspace
   and s.updated_at = $version --? version
returning s.id, s.name, s.description, s."position", s.is_active, s.priorities, s.channel_types, s.team_ids, s.first_response_seconds,
          s.next_response_seconds, s.resolution_seconds, s.business_hours_only, s.pause_while_waiting, s.created_by, s.created_at,
          s.updated_at
