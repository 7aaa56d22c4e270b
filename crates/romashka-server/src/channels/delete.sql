-- Removes one channel.
delete from public.communication_channels as c
 where c.id = $id and c.workspace_id = $workspace
   and c.updated_at = $version --? version
