-- Records a run.
select romashka.record_question_set_run($id::uuid, $workspace::uuid, $cause::text, $member::uuid, $run::jsonb)
