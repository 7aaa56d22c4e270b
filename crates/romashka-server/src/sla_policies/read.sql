-- One policy.
select s.id, s.name, s.description, s."position", s.is_active, s.priorities, s.channel_types, s.team_ids, s.first_response_seconds,
       s.next_response_seconds, s.resolution_seconds, s.business_hours_only, s.pause_while_waiting, s.created_by, s.created_at, s.updated_at
  from public.sla_policies as s
 where s.id = $id and s.workspace_id = $workspace
