-- What the words of a question find, and from what probability on the workspace answers and suggests.
select r.article_id, r.points::float4 as points, r.identifier_count, r.confidence_threshold as answer, r.handoff_threshold as hand_off
  from public.rank_knowledge($question::text, $language::text, $most::integer, null, $audience::text, $identifiers::text[], $workspace::uuid) as r
