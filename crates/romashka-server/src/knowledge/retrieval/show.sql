-- The passages that were chosen, with all that is needed to quote them.
select s.article_id, s.place, s.title, s.version, s.item_language as language, s.item_audience as audience, s.headings, s.content, s.sentence_bounds, s.sentence_embeddings
  from public.show_passages($items::uuid[], $positions::integer[], $audience::text, $workspace::uuid) as s
