-- How the questions of a run went, by keyset.
select r.id, r.item_id, r.question, r.verdict, r.handoff_reason, r.probability::float8 as probability, r.expected_rank, r.answer, r.passages, r.citations, r.missing_facts,
       r.has_passed, r.failure, r.change, r.duration_ms
  from public.question_set_results as r
  join public.question_set_runs as u on u.id = r.run_id and u.workspace_id = r.workspace_id
 where r.run_id = $run_id and r.workspace_id = $workspace
   and u.question_set_id = $id --? id
   and r.has_passed = $has_passed --? has_passed
   and r.change = $change --? change
   and r.id > $after_id --? after
 order by r.id
 limit $row_limit
