-- What conversations of a workspace that were resolved since suggest as articles.
select public.collect_article_suggestions($workspace::uuid)::bigint
