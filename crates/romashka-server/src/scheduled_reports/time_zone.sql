-- The zone of the workspace's days.
select w.time_zone from public.workspaces as w where w.id = $workspace
