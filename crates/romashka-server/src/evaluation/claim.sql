-- Takes sets that are to be run.
select q.question_set_id, q.workspace_id, q.lease_id, q.language, q.audience from romashka.claim_question_sets($most::integer, $worker::text, '1 hour') as q
