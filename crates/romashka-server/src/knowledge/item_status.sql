-- Publishes or archives an article that is not so yet.
update public.knowledge_items as i
   set status = $status
 where i.id = $id and i.workspace_id = $workspace and i.status <> $status
