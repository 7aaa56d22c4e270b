-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.question_sets.id is 'The row''s identity, time-ordered.';
comment on column public.question_sets.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.question_sets.name is 'By what name it is called, one of its kind in the workspace.';
comment on column public.question_sets.description is 'What it is for.';
comment on column public.question_sets.language is 'The language its questions are asked in, a BCP 47 tag.';
comment on column public.question_sets.audience is 'For whom answers are looked for: public, or signed_in.';
comment on column public.question_sets.is_automatic is 'Whether it is run after every change of knowledge, settings or questions.';
comment on column public.question_sets.created_by is 'Who made it.';
comment on column public.question_sets.created_at is 'When the row was made.';
comment on column public.question_sets.updated_at is 'When the row was last changed.';

comment on column public.question_set_items.id is 'The row''s identity, time-ordered.';
comment on column public.question_set_items.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.question_set_items.question_set_id is 'The set.';
comment on column public.question_set_items.question is 'As a customer asks it.';
comment on column public.question_set_items.expected_article_id is 'The article that answers; one that is gone makes the question fail.';
comment on column public.question_set_items.expected_facts is 'Words that the answer has to hold, whatever their case.';
comment on column public.question_set_items.must_refuse is 'Whether it must not be answered.';
comment on column public.question_set_items.note is 'Why it is asked.';
comment on column public.question_set_items.conversation_id is 'The conversation it was taken from, with which it goes.';
comment on column public.question_set_items.created_at is 'When the row was made.';
comment on column public.question_set_items.updated_at is 'When the row was last changed.';

comment on column public.question_set_runs.id is 'The row''s identity, time-ordered.';
comment on column public.question_set_runs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.question_set_runs.question_set_id is 'The set.';
comment on column public.question_set_runs.cause is 'Why it was run: asked_for, command, or after a change of knowledge, settings or questions.';
comment on column public.question_set_runs.requested_by is 'The member who asked for it.';
comment on column public.question_set_runs.model is 'The model that compared meanings.';
comment on column public.question_set_runs.method is 'How answers were made, with its version.';
comment on column public.question_set_runs.configuration is 'The settings it went by: thresholds and gate.';
comment on column public.question_set_runs.compared_with_id is 'The run before, with which it was compared.';
comment on column public.question_set_runs.question_count is 'Questions that were asked.';
comment on column public.question_set_runs.passed_count is 'Of these, as expected.';
comment on column public.question_set_runs.answered_count is 'Of these, answered.';
comment on column public.question_set_runs.right_count is 'Of those that were answered, as expected.';
comment on column public.question_set_runs.regressed_count is 'Passed in the run before, and not in this one.';
comment on column public.question_set_runs.fixed_count is 'Passed in this run, and not in the one before.';
comment on column public.question_set_runs.answered_share is 'Answered, as a share of the questions that may be answered.';
comment on column public.question_set_runs.precision_share is 'As expected, as a share of those that were answered.';
comment on column public.question_set_runs.hit_at_1 is 'Of the questions with an expected article, where it came first.';
comment on column public.question_set_runs.recall_at_5 is 'Of the questions with an expected article, where it was among the first five.';
comment on column public.question_set_runs.ndcg_at_10 is 'Over the questions with an expected article the mean of 1 / log2(rank + 1), 0 where it was not among the first ten.';
comment on column public.question_set_runs.started_at is 'When it began.';
comment on column public.question_set_runs.finished_at is 'When it was recorded.';

comment on column public.question_set_results.id is 'The row''s identity, time-ordered.';
comment on column public.question_set_results.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.question_set_results.run_id is 'The run.';
comment on column public.question_set_results.item_id is 'The question''s row.';
comment on column public.question_set_results.question is 'The question as it was then.';
comment on column public.question_set_results.verdict is 'What the assistant would have done.';
comment on column public.question_set_results.handoff_reason is 'Why a person would have taken over.';
comment on column public.question_set_results.probability is 'How probable it was that the first article answers, 0 to 1.';
comment on column public.question_set_results.expected_rank is 'The place of the expected article among those found, from 1; null where it was not among the first ten.';
comment on column public.question_set_results.answer is 'What would have been said.';
comment on column public.question_set_results.passages is 'What was found, best first: article_id, version, position, title, score, cosine.';
comment on column public.question_set_results.citations is 'The passages the answer was taken from: article_id, version, position.';
comment on column public.question_set_results.missing_facts is 'Expected words that the answer did not hold.';
comment on column public.question_set_results.has_passed is 'Whether it went as expected.';
comment on column public.question_set_results.failure is 'Why not: not_answered, wrong_article, missing_facts, must_refuse, article_gone.';
comment on column public.question_set_results.change is 'Against the run before: new, same, fixed or regressed.';
comment on column public.question_set_results.duration_ms is 'Milliseconds it took.';

comment on column romashka.question_set_queue.question_set_id is 'The set.';
comment on column romashka.question_set_queue.workspace_id is 'Its workspace. Never changes.';
comment on column romashka.question_set_queue.status is 'pending, running under a lease, or failed after five attempts.';
comment on column romashka.question_set_queue.cause is 'What changed last, or who asked.';
comment on column romashka.question_set_queue.requested_by is 'The member who asked.';
comment on column romashka.question_set_queue.is_wanted_again is 'Whether something changed since it was claimed.';
comment on column romashka.question_set_queue.attempt_count is 'How often it was begun.';
comment on column romashka.question_set_queue.requested_at is 'When the first of the changes was.';
comment on column romashka.question_set_queue.next_attempt_at is 'When it is due, or when the lease ends.';
comment on column romashka.question_set_queue.lease_id is 'Proof of the claim.';
comment on column romashka.question_set_queue.locked_by is 'The worker that has it.';
comment on column romashka.question_set_queue.error_message is 'Why it last failed.';
