-- The set of that id or name.
select s.id, s.name, s.language, s.audience from public.question_sets as s
 where s.workspace_id = $workspace and (s.id::text = lower($name) or s.name = $name)
 order by s.name = $name desc
 limit 1
