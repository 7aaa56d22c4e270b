-- Purpose: articles that resolved conversations suggest: what was asked, and what an agent answered.
-- Invariants: a conversation suggests one thing once; a group's first row counts the group; what was accepted or rejected does not come again, also
-- when it is asked anew; what is copied from a conversation goes with it.
-- Who writes: functions alone. Who reads: members.
-- Lock risk: row locks, the group's first row before the others.

create table if not exists public.article_suggestions (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  group_id uuid,
  question text not null,
  answer text not null,
  language text not null,
  occurrences integer not null default 1,
  status text not null default 'pending',
  knowledge_item_id uuid,
  decided_by uuid,
  decided_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint article_suggestions_pkey primary key (id, workspace_id),
  constraint article_suggestions_conversation_id_key unique (conversation_id, workspace_id),
  constraint article_suggestions_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint article_suggestions_knowledge_item_id_fkey foreign key (knowledge_item_id, workspace_id) references public.knowledge_items (id, workspace_id) on delete cascade,
  constraint article_suggestions_decided_by_fkey foreign key (decided_by) references public.profiles (id) on delete set null,
  constraint article_suggestions_status_check check (status in ('pending', 'accepted', 'rejected')),
  constraint article_suggestions_occurrences_check check (occurrences >= 1),
  constraint article_suggestions_question_check check (length(question) between 1 and 2000),
  constraint article_suggestions_answer_check check (length(answer) between 1 and 8000),
  constraint article_suggestions_decided_at_check check ((status = 'pending') = (decided_at is null))
);
comment on table public.article_suggestions is
  'Articles that resolved conversations suggest: one row a conversation, with what its customer asked and its agent answered. Rows that ask alike name the first of them in group_id; that row, which names none, counts them.';
create index if not exists article_suggestions_group_id_idx on public.article_suggestions (group_id, workspace_id) where group_id is not null;
create index if not exists article_suggestions_occurrences_idx on public.article_suggestions (workspace_id, status, occurrences desc, id desc) where group_id is null;
create index if not exists article_suggestions_question_trgm on public.article_suggestions using gin (question extensions.gin_trgm_ops) where group_id is null;
create index if not exists article_suggestions_knowledge_item_id_idx on public.article_suggestions (knowledge_item_id, workspace_id) where knowledge_item_id is not null;
create index if not exists article_suggestions_decided_by_idx on public.article_suggestions (decided_by) where decided_by is not null;
