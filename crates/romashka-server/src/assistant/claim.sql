-- Takes conversations in which it is the assistant's turn.
select t.conversation_id, t.workspace_id, t.lease_id, t.message_id, t.question, t.previous_question, t.previous_verdict, t.language, t.intent, t.audience, t.answers_given,
       t.answer_limit, t.forbidden_topics, t.texts, t.is_open
  from romashka.claim_turns($most::integer, $worker::text) as t
