-- It is let in again.
update public.communication_channels as c set last_error = null, last_error_at = null
 where c.id = $channel::uuid and c.workspace_id = $workspace::uuid and c.last_error is not null
