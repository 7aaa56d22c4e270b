-- Tags of articles, most used first.
select t.tag, count(*) as use_count
  from public.knowledge_items as c, unnest(c.tags) as t(tag)
 where c.workspace_id = $workspace
   and starts_with(lower(t.tag), lower($search::text)) --? search
 group by t.tag
 order by count(*) desc, t.tag
 limit $row_limit
