-- Question sets by name, by keyset.
select s.id, s.name, s.description, s.language, s.audience, s.is_automatic, s.created_by, s.created_at, s.updated_at
  from public.question_sets as s
 where s.workspace_id = $workspace
   and (s.name, s.id) > ($after_text, $after_id) --? after
 order by s.name, s.id
 limit $row_limit
