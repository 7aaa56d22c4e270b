-- Records a run that was claimed.
select romashka.finish_question_set($id::uuid, $workspace::uuid, $lease::uuid, $run::jsonb)
