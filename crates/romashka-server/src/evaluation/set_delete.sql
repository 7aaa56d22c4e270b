-- Removes a set with its questions and runs.
delete from public.question_sets as s
 where s.id = $id and s.workspace_id = $workspace
   and s.updated_at = $version --? version
