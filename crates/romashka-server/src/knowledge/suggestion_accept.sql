-- Makes an article of a suggestion.
select public.accept_article_suggestion($id::uuid, $title::text, $content::text, $category_id::uuid, $publish::boolean, $workspace::uuid)
