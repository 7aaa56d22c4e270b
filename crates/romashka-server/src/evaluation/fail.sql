-- Gives a set back that could not be run.
select romashka.fail_question_set($id::uuid, $workspace::uuid, $lease::uuid, $message::text)
