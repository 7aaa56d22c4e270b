-- A new question of a set.
with made as (
  insert into public.question_set_items as i (workspace_id, question_set_id, question, expected_article_id, expected_facts, must_refuse, note)
  select s.workspace_id, s.id, $question::text, $expected_article_id::uuid, coalesce($expected_facts::text[], '{}'), coalesce($must_refuse::boolean, false), $note::text
    from public.question_sets as s where s.id = $id and s.workspace_id = $workspace
  returning i.*)
select i.id, i.question, i.expected_article_id, a.title as expected_article_title, i.expected_facts, i.must_refuse, i.note, i.conversation_id, i.created_at, i.updated_at
  from made as i
  left join public.knowledge_items as a on a.id = i.expected_article_id and a.workspace_id = i.workspace_id
