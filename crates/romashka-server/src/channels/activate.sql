-- A channel that works is used.
update public.communication_channels as c set status = 'active'
 where c.id = $id and c.workspace_id = $workspace and c.status = 'pending_setup'
