-- The conversations that ask alike, newest first: the first twenty.
select coalesce(array_agg(m.conversation_id order by m.id desc), '{}')
  from (select s.conversation_id, s.id from public.article_suggestions as s
         where (s.id = $id or s.group_id = $id) and s.workspace_id = $workspace order by s.id desc limit 20) as m
