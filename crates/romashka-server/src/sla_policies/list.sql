-- Policies of the workspace, by keyset.
select s.id, s.name, s.description, s."position", s.is_active, s.priorities, s.channel_types, s.team_ids, s.first_response_seconds,
       s.next_response_seconds, s.resolution_seconds, s.business_hours_only, s.pause_while_waiting, s.created_by, s.created_at, s.updated_at
  from public.sla_policies as s
 where s.workspace_id = $workspace
   and s.is_active = $is_active --? is_active
   and (s."position", s.id) > ($after_number::bigint, $after_id) --? after_position
   and (s.name, s.id) > ($after_text::text, $after_id) --? after_name
 order by s."position", s.id --? by_position
 order by s.name, s.id --? by_name
 limit $row_limit
