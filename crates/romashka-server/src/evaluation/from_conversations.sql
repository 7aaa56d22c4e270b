-- Puts questions of resolved conversations into a set.
select public.add_questions_of_conversations($id::uuid, $most::integer, $workspace::uuid)
