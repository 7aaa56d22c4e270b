-- The questions of a set in the order they were added, by keyset.
select i.id, i.question, i.expected_article_id, a.title as expected_article_title, i.expected_facts, i.must_refuse, i.note, i.conversation_id, i.created_at, i.updated_at
  from public.question_set_items as i
  left join public.knowledge_items as a on a.id = i.expected_article_id and a.workspace_id = i.workspace_id
 where i.question_set_id = $id and i.workspace_id = $workspace
   and (i.created_at, i.id) > ($after_time::timestamptz, $after_id) --? after
 order by i.created_at, i.id
 limit $row_limit
