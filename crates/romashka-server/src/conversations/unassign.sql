-- Puts it back into the queue.
update public.conversations as c set assigned_agent_id = null where c.id = $id and c.workspace_id = $workspace returning c.id
