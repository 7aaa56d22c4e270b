-- Purpose: the assistant: where it answers, what it is asked at the moment, and of each answer why it was given.
-- Invariants: a customer's message is answered by it once; it never speaks after a person has; what it was shown and said is kept as it was.
-- Who writes: admins set it up; the queue and the answers are written by functions alone.
-- Lock risk: row locks, the conversation's before the queue's.

create table if not exists public.channel_assistants (
  channel_id uuid not null,
  workspace_id uuid not null default public.current_workspace_id(),
  is_enabled boolean not null default true,
  name text not null default 'Assistant',
  hours text not null default 'always',
  traffic_share numeric not null default 1,
  answer_limit integer not null default 20,
  forbidden_topics text[] not null default '{}',
  texts jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint channel_assistants_pkey primary key (channel_id, workspace_id),
  constraint channel_assistants_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint channel_assistants_name_check check (length(name) between 1 and 100),
  constraint channel_assistants_hours_check check (hours in ('always', 'business_hours', 'outside_business_hours')),
  constraint channel_assistants_traffic_share_check check (traffic_share between 0 and 1),
  constraint channel_assistants_answer_limit_check check (answer_limit between 1 and 1000),
  constraint channel_assistants_forbidden_topics_check check (cardinality(forbidden_topics) <= 200 and array_position(forbidden_topics, null) is null),
  constraint channel_assistants_texts_check check (jsonb_typeof(texts) = 'object')
);
comment on table public.channel_assistants is 'Where the assistant answers by itself: one row a channel on which it does.';
create index if not exists channel_assistants_workspace_id_idx on public.channel_assistants (workspace_id);

create table if not exists public.ai_answers (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  message_id uuid not null,
  mode text not null,
  question text not null,
  rewritten_question text,
  language text not null,
  intent text,
  audience text not null,
  verdict text not null,
  handoff_reason text,
  probability numeric,
  passages jsonb not null default '[]',
  answer text,
  citations jsonb not null default '[]',
  answer_message_id uuid,
  model text,
  method text not null,
  configuration jsonb not null default '{}',
  durations jsonb not null default '{}',
  tokens_used integer not null default 0,
  generation jsonb,
  asked_by uuid,
  was_helpful boolean,
  feedback_text text,
  feedback_by uuid,
  feedback_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint ai_answers_pkey primary key (id, workspace_id),
  constraint ai_answers_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint ai_answers_asked_by_fkey foreign key (asked_by) references public.profiles (id) on delete set null,
  constraint ai_answers_feedback_by_fkey foreign key (feedback_by) references public.profiles (id) on delete set null,
  constraint ai_answers_mode_check check (mode in ('automatic', 'suggestion')),
  constraint ai_answers_verdict_check check (verdict in ('answered', 'suggested', 'greeted', 'silent', 'handed_off', 'overtaken')),
  constraint ai_answers_handoff_reason_check check
    (handoff_reason in ('asked_for_person', 'low_confidence', 'no_article', 'sentiment', 'policy', 'tool_failed', 'limit_reached', 'no_model')),
  constraint ai_answers_probability_check check (probability between 0 and 1),
  constraint ai_answers_passages_check check (jsonb_typeof(passages) = 'array'),
  constraint ai_answers_citations_check check (jsonb_typeof(citations) = 'array'),
  constraint ai_answers_configuration_check check (jsonb_typeof(configuration) = 'object'),
  constraint ai_answers_durations_check check (jsonb_typeof(durations) = 'object'),
  constraint ai_answers_tokens_used_check check (tokens_used >= 0),
  constraint ai_answers_generation_check check (jsonb_typeof(generation) = 'object'),
  constraint ai_answers_feedback_at_check check ((was_helpful is null) = (feedback_at is null))
);
comment on table public.ai_answers is 'Of each question that the assistant took up: what it was shown, how sure it was, what it did and why, and what people thought of it.';
create unique index if not exists ai_answers_message_id_key on public.ai_answers (message_id, workspace_id) where mode = 'automatic';
create index if not exists ai_answers_conversation_id_idx on public.ai_answers (conversation_id, workspace_id, created_at desc, id desc);
create index if not exists ai_answers_workspace_id_idx on public.ai_answers (workspace_id, created_at desc, id desc);
create index if not exists ai_answers_verdict_idx on public.ai_answers (workspace_id, verdict, created_at desc, id desc);
create index if not exists ai_answers_answer_message_id_idx on public.ai_answers (answer_message_id, workspace_id) where answer_message_id is not null;
create index if not exists ai_answers_asked_by_idx on public.ai_answers (asked_by) where asked_by is not null;
create index if not exists ai_answers_feedback_by_idx on public.ai_answers (feedback_by) where feedback_by is not null;

create table if not exists romashka.assistant_turns (
  conversation_id uuid not null,
  workspace_id uuid not null default public.current_workspace_id(),
  message_id uuid not null,
  status text not null default 'pending',
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  error_message text,
  constraint assistant_turns_pkey primary key (conversation_id, workspace_id),
  constraint assistant_turns_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint assistant_turns_status_check check (status in ('pending', 'answering')),
  constraint assistant_turns_attempt_count_check check (attempt_count >= 0),
  constraint assistant_turns_lease_id_check check ((lease_id is not null) = (status = 'answering'))
) with (fillfactor = 70);
comment on table romashka.assistant_turns is 'Conversations in which the assistant has something to say: the queue. A newer message of the customer takes the place of the one before.';
create index if not exists assistant_turns_next_attempt_at_idx on romashka.assistant_turns (next_attempt_at);
create index if not exists assistant_turns_workspace_id_idx on romashka.assistant_turns (workspace_id, next_attempt_at);
revoke all on romashka.assistant_turns from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.assistant_turns enable row level security;
alter table romashka.assistant_turns force row level security;
