-- What the words of a question find, and how the workspace's passages stand.
select r.article_id, r.points::float4 as points, r.identifier_count, r.revision, r.removals,
       (romashka.setting($workspace::uuid, 'ai_confidence_threshold') #>> '{}')::float8 as answer,
       (romashka.setting($workspace::uuid, 'ai_handoff_threshold') #>> '{}')::float8 as hand_off
  from public.rank_knowledge($question::text, $language::text, $most::integer, null, $audience::text, $identifiers::text[], $workspace::uuid) as r
