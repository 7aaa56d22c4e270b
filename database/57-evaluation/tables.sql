-- Purpose: what the assistant is graded by: sets of questions with what is expected of it, each run of a set with its figures, and of each question how it went.
-- Invariants: a run is written whole, in one commit, and never changed; its figures are made from its results by one function.
-- Who writes: agents write questions; runs and results are written by functions alone.
-- Lock risk: row locks.

create table if not exists public.question_sets (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  description text,
  language text not null default 'en',
  audience text not null default 'public',
  is_automatic boolean not null default true,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint question_sets_pkey primary key (id, workspace_id),
  constraint question_sets_name_key unique (workspace_id, name),
  constraint question_sets_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint question_sets_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint question_sets_name_check check (length(name) >= 1 and length(name) <= 200 and name = btrim(name)),
  constraint question_sets_description_check check (length(description) <= 2000),
  constraint question_sets_language_check check (length(language) between 2 and 35),
  constraint question_sets_audience_check check (audience in ('public', 'signed_in'))
);
comment on table public.question_sets is 'Sets of questions by which the assistant is graded.';
create index if not exists question_sets_created_by_idx on public.question_sets (created_by) where created_by is not null;

create table if not exists public.question_set_items (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  question_set_id uuid not null,
  question text not null,
  expected_article_id uuid,
  expected_facts text[] not null default '{}',
  must_refuse boolean not null default false,
  note text,
  conversation_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint question_set_items_pkey primary key (id, workspace_id),
  constraint question_set_items_question_set_id_fkey foreign key (question_set_id, workspace_id) references public.question_sets (id, workspace_id) on delete cascade,
  constraint question_set_items_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint question_set_items_question_check check (length(question) between 1 and 1000),
  constraint question_set_items_expected_facts_check check (cardinality(expected_facts) <= 20 and array_position(expected_facts, null) is null and array_position(expected_facts, '') is null),
  constraint question_set_items_note_check check (length(note) <= 2000),
  constraint question_set_items_must_refuse_check check (case when must_refuse then expected_article_id is null and cardinality(expected_facts) = 0
    else expected_article_id is not null or cardinality(expected_facts) > 0 end)
);
comment on table public.question_set_items is 'A question of a set, and what is expected: an article, facts that the answer has to hold, or that it is not answered.';
create unique index if not exists question_set_items_question_key on public.question_set_items (question_set_id, workspace_id, md5(question));
create index if not exists question_set_items_created_at_idx on public.question_set_items (question_set_id, workspace_id, created_at, id);
create index if not exists question_set_items_conversation_id_idx on public.question_set_items (conversation_id, workspace_id) where conversation_id is not null;

create table if not exists public.question_set_runs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  question_set_id uuid not null,
  cause text not null,
  requested_by uuid,
  model text not null,
  method text not null,
  configuration jsonb not null default '{}',
  compared_with_id uuid,
  question_count integer not null default 0,
  passed_count integer not null default 0,
  answered_count integer not null default 0,
  right_count integer not null default 0,
  regressed_count integer not null default 0,
  fixed_count integer not null default 0,
  answered_share numeric,
  precision_share numeric,
  hit_at_1 numeric,
  recall_at_5 numeric,
  ndcg_at_10 numeric,
  started_at timestamptz not null,
  finished_at timestamptz not null default clock_timestamp(),
  constraint question_set_runs_pkey primary key (id, workspace_id),
  constraint question_set_runs_question_set_id_fkey foreign key (question_set_id, workspace_id) references public.question_sets (id, workspace_id) on delete cascade,
  constraint question_set_runs_requested_by_fkey foreign key (requested_by) references public.profiles (id) on delete set null,
  constraint question_set_runs_cause_check check (cause in ('asked_for', 'knowledge', 'settings', 'questions', 'command')),
  constraint question_set_runs_configuration_check check (jsonb_typeof(configuration) = 'object'),
  constraint question_set_runs_question_count_check check (question_count >= 0),
  constraint question_set_runs_passed_count_check check (passed_count between 0 and question_count),
  constraint question_set_runs_answered_count_check check (answered_count between 0 and question_count),
  constraint question_set_runs_right_count_check check (right_count between 0 and answered_count),
  constraint question_set_runs_answered_share_check check (answered_share between 0 and 1),
  constraint question_set_runs_precision_share_check check (precision_share between 0 and 1),
  constraint question_set_runs_hit_at_1_check check (hit_at_1 between 0 and 1),
  constraint question_set_runs_recall_at_5_check check (recall_at_5 between 0 and 1),
  constraint question_set_runs_ndcg_at_10_check check (ndcg_at_10 between 0 and 1)
);
comment on table public.question_set_runs is 'A run of a set: when, by what settings, and its figures.';
create index if not exists question_set_runs_question_set_id_idx on public.question_set_runs (question_set_id, workspace_id, finished_at desc, id desc);
create index if not exists question_set_runs_requested_by_idx on public.question_set_runs (requested_by) where requested_by is not null;

create table if not exists public.question_set_results (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  run_id uuid not null,
  item_id uuid not null,
  question text not null,
  verdict text not null,
  handoff_reason text,
  probability numeric,
  expected_rank integer,
  answer text,
  passages jsonb not null default '[]',
  citations jsonb not null default '[]',
  missing_facts text[] not null default '{}',
  has_passed boolean not null,
  failure text,
  change text not null default 'new',
  duration_ms integer not null default 0,
  constraint question_set_results_pkey primary key (id, workspace_id),
  constraint question_set_results_item_id_key unique (run_id, workspace_id, item_id),
  constraint question_set_results_run_id_fkey foreign key (run_id, workspace_id) references public.question_set_runs (id, workspace_id) on delete cascade,
  constraint question_set_results_item_id_fkey foreign key (item_id, workspace_id) references public.question_set_items (id, workspace_id) on delete cascade,
  constraint question_set_results_verdict_check check (verdict in ('answered', 'suggested', 'greeted', 'silent', 'handed_off')),
  constraint question_set_results_probability_check check (probability between 0 and 1),
  constraint question_set_results_expected_rank_check check (expected_rank between 1 and 10),
  constraint question_set_results_passages_check check (jsonb_typeof(passages) = 'array'),
  constraint question_set_results_citations_check check (jsonb_typeof(citations) = 'array'),
  constraint question_set_results_failure_check check
    (failure in ('not_answered', 'wrong_article', 'missing_facts', 'must_refuse', 'article_gone') and (failure is null) = has_passed),
  constraint question_set_results_change_check check (change in ('new', 'same', 'fixed', 'regressed')),
  constraint question_set_results_duration_ms_check check (duration_ms >= 0)
);
comment on table public.question_set_results is 'How a question went in a run.';
create index if not exists question_set_results_item_id_idx on public.question_set_results (item_id, workspace_id);

create table if not exists romashka.question_set_queue (
  question_set_id uuid not null,
  workspace_id uuid not null default public.current_workspace_id(),
  status text not null default 'pending',
  cause text not null,
  requested_by uuid,
  is_wanted_again boolean not null default false,
  attempt_count integer not null default 0,
  requested_at timestamptz not null default clock_timestamp(),
  next_attempt_at timestamptz not null default clock_timestamp(),
  lease_id uuid,
  locked_by text,
  error_message text,
  constraint question_set_queue_pkey primary key (question_set_id, workspace_id),
  constraint question_set_queue_question_set_id_fkey foreign key (question_set_id, workspace_id) references public.question_sets (id, workspace_id) on delete cascade,
  constraint question_set_queue_status_check check (status in ('pending', 'running', 'failed')),
  constraint question_set_queue_attempt_count_check check (attempt_count >= 0),
  constraint question_set_queue_lease_id_check check ((lease_id is not null) = (status = 'running'))
) with (fillfactor = 70);
comment on table romashka.question_set_queue is 'Sets that are to be run: each once, however many changes there were, some time after the last of them.';
create index if not exists question_set_queue_next_attempt_at_idx on romashka.question_set_queue (next_attempt_at) where status <> 'failed';
create index if not exists question_set_queue_workspace_id_idx on romashka.question_set_queue (workspace_id);
revoke all on romashka.question_set_queue from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.question_set_queue enable row level security;
alter table romashka.question_set_queue force row level security;
