-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.channel_assistants.channel_id is 'The channel on which it answers.';
comment on column public.channel_assistants.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.channel_assistants.is_enabled is 'Whether it answers at the moment.';
comment on column public.channel_assistants.name is 'By what name it speaks.';
comment on column public.channel_assistants.hours is 'When it answers: always, business_hours or outside_business_hours, as the workspace''s hours and holidays say.';
comment on column public.channel_assistants.traffic_share is 'In what share of conversations it answers, 0 to 1; which ones is drawn once for each.';
comment on column public.channel_assistants.answer_limit is 'After how many of its answers in one conversation a person takes over.';
comment on column public.channel_assistants.forbidden_topics is 'Words and phrases on which it hands over at once, whatever it knows.';
comment on column public.channel_assistants.texts is 'Its own words in place of those it comes with: {"en": {"greeting": …, "hand_off": …, "hand_off_closed": …, "suggest": …, "person": …}}.';
comment on column public.channel_assistants.created_at is 'When the row was made.';
comment on column public.channel_assistants.updated_at is 'When the row was last changed.';

comment on column public.ai_answers.id is 'The row''s identity, time-ordered.';
comment on column public.ai_answers.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.ai_answers.conversation_id is 'The conversation it was asked in.';
comment on column public.ai_answers.message_id is 'The customer''s message, the last of those that make up the question.';
comment on column public.ai_answers.mode is 'automatic (it spoke to the customer by itself) or suggestion (a member asked what it would say).';
comment on column public.ai_answers.question is 'What the customer wrote since he was last answered.';
comment on column public.ai_answers.rewritten_question is 'The question with what it follows on, where that was what the knowledge was asked.';
comment on column public.ai_answers.language is 'The language it answered in, a BCP 47 tag.';
comment on column public.ai_answers.intent is 'The customer''s wish, as intent_patterns tell it.';
comment on column public.ai_answers.audience is 'For whom it looked: public, or signed_in for a customer who has proved who he is.';
comment on column public.ai_answers.verdict is 'What it did: answered, suggested articles, greeted, silent (nothing to say, as to a thank-you), handed_off, or overtaken by a person.';
comment on column public.ai_answers.handoff_reason is
  'Why a person took over: asked_for_person, low_confidence, no_article, sentiment, policy (a forbidden topic), tool_failed, limit_reached, no_model.';
comment on column public.ai_answers.probability is 'How probable it was that the first article answers, 0 to 1; null where there was no model to tell.';
comment on column public.ai_answers.passages is 'What was found, best first, as it was then: article_id, version, position, title, passage, score, cosine, words.';
comment on column public.ai_answers.answer is 'What was said, or would be.';
comment on column public.ai_answers.citations is 'The passages the answer was taken from: article_id, version, position.';
comment on column public.ai_answers.answer_message_id is 'The message by which it was said.';
comment on column public.ai_answers.model is 'The model that compared meanings.';
comment on column public.ai_answers.method is 'How the answer was made, with its version: extractive-1 quotes sentences, generative-1 is written by a language model from the passages it cites.';
comment on column public.ai_answers.configuration is 'What it went by: thresholds, limit of answers, the factors of the gate, and the evidence it was given.';
comment on column public.ai_answers.durations is 'Milliseconds of each step (model, words, ranking, passages, deciding; of the rewritten question as well), and of all.';
comment on column public.ai_answers.tokens_used is 'Tokens of a language model; 0 where none was asked.';
comment on column public.ai_answers.generation is
  'What a language model was asked for and gave: model, prompt (its version), outcome, reason, draft (what was refused), tokens_read, tokens_written, cost, is_estimated; null where none was asked.';
comment on column public.ai_answers.asked_by is 'The member who asked for a suggestion.';
comment on column public.ai_answers.was_helpful is 'What people thought of it; null while nobody said.';
comment on column public.ai_answers.feedback_text is 'What they said of it.';
comment on column public.ai_answers.feedback_by is 'The member who said so.';
comment on column public.ai_answers.feedback_at is 'When they said so.';
comment on column public.ai_answers.created_at is 'When it was decided.';

comment on column romashka.assistant_turns.conversation_id is 'The conversation.';
comment on column romashka.assistant_turns.workspace_id is 'Its workspace. Never changes.';
comment on column romashka.assistant_turns.message_id is 'The customer''s newest message.';
comment on column romashka.assistant_turns.status is 'pending, or answering under a lease.';
comment on column romashka.assistant_turns.attempt_count is 'How often it was begun.';
comment on column romashka.assistant_turns.next_attempt_at is 'When it is due, or when the lease ends.';
comment on column romashka.assistant_turns.lease_id is 'Proof of the claim; a newer message takes it away.';
comment on column romashka.assistant_turns.locked_by is 'The worker that has it.';
comment on column romashka.assistant_turns.error_message is 'Why it last failed.';
