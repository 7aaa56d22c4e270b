-- The row of a member who has none yet; an admin makes it.
insert into public.agent_availability (workspace_id, agent_id)
select m.workspace_id, m.user_id
  from public.workspace_members as m
 where m.workspace_id = $workspace and m.user_id = $agent_id
on conflict (agent_id, workspace_id) do nothing
