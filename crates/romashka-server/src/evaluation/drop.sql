-- Takes a set without questions out of the queue.
select romashka.finish_question_set($id::uuid, $workspace::uuid, $lease::uuid, null)
