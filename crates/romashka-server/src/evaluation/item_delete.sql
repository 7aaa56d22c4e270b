-- Removes a question with its results.
delete from public.question_set_items as i
 where i.id = $item_id and i.question_set_id = $id and i.workspace_id = $workspace
