-- Makes it more or less urgent.
update public.conversations as c set priority = $priority where c.id = $id and c.workspace_id = $workspace returning c.id
