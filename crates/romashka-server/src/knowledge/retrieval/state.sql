-- How far the passages of the workspace's articles are made.
select s.status, s.articles from public.knowledge_index_state($workspace::uuid) as s
