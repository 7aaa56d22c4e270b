-- Puts a question into a set, or gives the one that is there other expectations. The article by its id, its title, or the path of its file.
with meant as (
  select (select a.id from public.knowledge_items as a
           where a.workspace_id = $workspace and $article::text is not null and (a.id::text = lower($article) or a.file_path = $article or lower(a.title) = lower($article))
           order by a.status = 'active' desc, a.id::text = lower($article) desc, a.file_path = $article desc nulls last, a.updated_at desc limit 1) as article),
kept as (
  insert into public.question_set_items as i (workspace_id, question_set_id, question, expected_article_id, expected_facts, must_refuse, note)
  select $workspace, $id, $question::text, m.article, $facts::text[], $must_refuse::boolean, $note::text from meant as m
   where $article::text is null or m.article is not null
  on conflict (question_set_id, workspace_id, md5(question)) do update
    set expected_article_id = excluded.expected_article_id, expected_facts = excluded.expected_facts, must_refuse = excluded.must_refuse, note = excluded.note
    where i.expected_article_id is distinct from excluded.expected_article_id or i.expected_facts <> excluded.expected_facts or i.must_refuse <> excluded.must_refuse
       or i.note is distinct from excluded.note
  returning 1)
select ($article::text is null or m.article is not null) as is_known, exists (select from kept) as is_written from meant as m
