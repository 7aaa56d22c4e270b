-- Whether there is such a conversation for the one who asks.
select c.id from public.conversations as c where c.workspace_id = $workspace and c.id = $id
