-- A new policy.
insert into public.sla_policies as s (workspace_id, name, description, "position", is_active, priorities, channel_types, team_ids, first_response_seconds, next_response_seconds, resolution_seconds, business_hours_only, pause_while_waiting)
values ($workspace, $name, $description, coalesce($position, 100), coalesce($is_active, true), coalesce($priorities, '{}'::text[]),
        coalesce($channel_types, '{}'::text[]), coalesce($team_ids, '{}'::uuid[]), $first_response_seconds, $next_response_seconds,
        $resolution_seconds, coalesce($business_hours_only, false), coalesce($pause_while_waiting, true))
returning s.id, s.name, s.description, s."position", s.is_active, s.priorities, s.channel_types, s.team_ids, s.first_response_seconds,
          s.next_response_seconds, s.resolution_seconds, s.business_hours_only, s.pause_while_waiting, s.created_by, s.created_at,
          s.updated_at
