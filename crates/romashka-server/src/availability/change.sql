-- Changes what is given; an absent value leaves its column as it is.
update public.agent_availability as a
   set is_online = coalesce($is_online, a.is_online),
       status = coalesce($status, a.status),
       max_concurrent_chats = coalesce($max_concurrent_chats, a.max_concurrent_chats),
       auto_away_time = coalesce($auto_away_time, a.auto_away_time),
       working_hours = coalesce($working_hours, a.working_hours)
 where a.workspace_id = $workspace and a.agent_id = $agent_id
   and a.updated_at = $version --? version
