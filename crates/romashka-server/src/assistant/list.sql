-- What the assistant did, newest first, by keyset.
select a.id, a.conversation_id, a.message_id, a.mode, a.question, a.rewritten_question, a.language, a.intent, a.audience, a.verdict, a.handoff_reason,
       a.probability::float8 as probability, a.answer, a.citations, a.answer_message_id, a.model, a.method, a.was_helpful, a.feedback_text, a.feedback_at, a.created_at
  from public.ai_answers as a
 where a.workspace_id = $workspace
   and a.conversation_id = $conversation_id --? conversation_id
   and a.verdict = $verdict --? verdict
   and a.handoff_reason = $handoff_reason --? handoff_reason
   and a.mode = $mode --? mode
   and (a.created_at, a.id) < ($after_time::timestamptz, $after_id) --? after
 order by a.created_at desc, a.id desc
 limit $row_limit
