-- Puts the passages of an article in place.
select romashka.finish_indexing($item::uuid, $workspace::uuid, $lease::uuid, $version::integer, $model::text, $headings::jsonb, $contents::text[], $embeddings::bytea[],
  $sentence_bounds::jsonb, $sentence_embeddings::jsonb)
