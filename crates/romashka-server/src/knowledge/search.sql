-- Active articles by their words, best first.
select s.id, s.title, s.excerpt, s.category_id, s.item_language as language, s.item_audience as audience,
       s.effectiveness_score::float8 as effectiveness_score, s.score::float8 as score, s.matched_by
  from public.search_knowledge($query::text, $language::text, $row_limit::integer, $category_id::uuid, $workspace::uuid, $audience::text) as s
