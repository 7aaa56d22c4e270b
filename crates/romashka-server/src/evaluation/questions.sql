-- The questions of a set, with what is expected of each.
select i.id, i.question, i.expected_article_id, i.expected_facts, i.must_refuse, a.id is not null as article_is_there
  from public.question_set_items as i
  join public.question_sets as s on s.id = i.question_set_id and s.workspace_id = i.workspace_id
  left join public.knowledge_items as a on a.id = i.expected_article_id and a.workspace_id = i.workspace_id and a.status = 'active'
   and (a.audience = 'public' or a.audience = s.audience)
 where i.question_set_id = $id and i.workspace_id = $workspace
 order by i.created_at, i.id
