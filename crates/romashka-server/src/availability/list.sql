-- Who takes conversations, by agent.
select a.agent_id, p.full_name, a.is_online, a.status, a.max_concurrent_chats, a.current_chat_count, a.last_activity, a.auto_away_time,
       a.working_hours, a.last_assigned_at, a.updated_at
  from public.agent_availability as a
  left join public.profiles as p on p.id = a.agent_id
 where a.workspace_id = $workspace
   and a.status = any ($status) --? status
   and a.is_online = $is_online --? is_online
   and a.agent_id > $after_id --? after
 order by a.agent_id
 limit $row_limit
