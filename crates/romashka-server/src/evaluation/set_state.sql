-- Whether a set waits to be run.
select q.status, q.due_at, q.error_message from public.question_set_state($id::uuid, $workspace::uuid) as q
