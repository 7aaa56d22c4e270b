-- Takes articles whose passages are to be made.
select q.knowledge_item_id, q.workspace_id, q.lease_id, q.version, q.title, q.content
  from romashka.claim_indexing($most::integer, $worker::text) as q
