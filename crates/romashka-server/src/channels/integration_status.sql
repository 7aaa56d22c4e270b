-- What kind of channel it is, and how it stands.
select case when c.type = 'api' then c.status else 'of another kind' end from public.communication_channels as c where c.id = $channel and c.workspace_id = $workspace
