-- What changed in a workspace's passages.
select p.knowledge_item_id, p.place as position, p.embedding, p.audience, p.language, p.is_active, p.revision
  from romashka.read_passages($workspace::uuid, $model::text, $since::bigint) as p
