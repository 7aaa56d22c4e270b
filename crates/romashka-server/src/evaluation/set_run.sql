-- Has a set run.
select public.run_question_set($id::uuid, $workspace::uuid)
