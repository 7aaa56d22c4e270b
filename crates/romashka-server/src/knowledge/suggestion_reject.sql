-- Puts a suggestion away.
select public.reject_article_suggestion($id::uuid, $workspace::uuid)
