-- The answer of that id, the one that a message says, or the one about a customer's message.
select a.id, a.conversation_id, a.message_id, a.mode, a.question, a.rewritten_question, a.language, a.intent, a.audience, a.verdict, a.handoff_reason,
       a.probability::float8 as probability, a.passages, a.answer, a.citations, a.answer_message_id, a.model, a.method, a.configuration, a.durations, a.tokens_used, a.generation, a.asked_by,
       a.was_helpful, a.feedback_text, a.feedback_by, a.feedback_at, a.created_at
  from public.ai_answers as a
 where a.workspace_id = $workspace
   and a.id = coalesce(
     (select b.id from public.ai_answers as b where b.id = $id and b.workspace_id = $workspace),
     (select b.id from public.ai_answers as b where b.answer_message_id = $id and b.workspace_id = $workspace limit 1),
     (select b.id from public.ai_answers as b where b.message_id = $id and b.workspace_id = $workspace and b.mode = 'automatic' limit 1))
