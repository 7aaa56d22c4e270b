-- One question set.
select s.id, s.name, s.description, s.language, s.audience, s.is_automatic, s.created_by, s.created_at, s.updated_at
  from public.question_sets as s
 where s.id = $id and s.workspace_id = $workspace
