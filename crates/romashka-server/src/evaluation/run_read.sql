-- One run of a set.
select r.id, r.question_set_id, r.cause, r.requested_by, r.model, r.method, r.configuration, r.compared_with_id, r.question_count, r.passed_count, r.answered_count, r.right_count,
       r.regressed_count, r.fixed_count, r.answered_share::float8 as answered_share, r.precision_share::float8 as precision_share, r.hit_at_1::float8 as hit_at_one,
       r.recall_at_5::float8 as recall_at_five, r.ndcg_at_10::float8 as ndcg_at_ten, r.started_at, r.finished_at
  from public.question_set_runs as r
 where r.id = $run_id and r.workspace_id = $workspace
   and r.question_set_id = $id --? id
