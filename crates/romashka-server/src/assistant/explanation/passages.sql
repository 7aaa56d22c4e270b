-- What was found, as it was then, beside what has become of each article.
select p.place::integer as place, (p.passage ->> 'article_id')::uuid as article_id, p.passage ->> 'title' as title, (p.passage ->> 'version')::integer as version,
       (p.passage ->> 'position')::integer as position, p.passage ->> 'passage' as passage, (p.passage ->> 'score')::float8 as score,
       (p.passage ->> 'cosine')::float8 as cosine, (p.passage ->> 'words')::float8 as words,
       exists (select from jsonb_array_elements(a.citations) as c where c ->> 'article_id' = p.passage ->> 'article_id') as is_cited,
       i.version as current_version, i.status as current_status
  from public.ai_answers as a
 cross join lateral jsonb_array_elements(a.passages) with ordinality as p (passage, place)
  left join public.knowledge_items as i on i.id = (p.passage ->> 'article_id')::uuid and i.workspace_id = a.workspace_id
 where a.id = $id and a.workspace_id = $workspace and p.passage ? 'article_id'
 order by p.place
