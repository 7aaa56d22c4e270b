-- What conversations suggest: the first row of each group, those asked most often first.
select s.id, s.question, s.answer, s.language, s.occurrences, s.status, s.conversation_id, s.knowledge_item_id, s.decided_by, s.decided_at, s.created_at,
       s.question || ' ' || s.answer ~ '[^\s@]+@[^\s@]+|\d[\d\s.-]{5,}\d' as may_name_somebody
  from public.article_suggestions as s
 where s.workspace_id = $workspace and s.group_id is null
   and s.id = $id --? id
   and s.status = $status --? status
   and (s.occurrences, s.id) < ($after_number::bigint, $after_id) --? after
 order by s.occurrences desc, s.id desc
 limit $row_limit
