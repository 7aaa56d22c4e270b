-- Purpose: the ledger, and the map of people who log in to SQL. Read by every reader of what happened; written by triggers only.
-- Invariants: append-only; a reader never skips a row that commits late (docs/decisions/0002-ledger.md).
-- Lock risk: none; a new partition locks only itself and, for a moment, its parent.

create schema if not exists romashka_partitions;
comment on schema romashka_partitions is 'Partitions of the append-only tables. Reached only through their parents.';

create table if not exists romashka.sql_logins (
  login name not null,
  user_id uuid not null,
  workspace_id uuid not null,
  created_at timestamptz not null default now(),
  constraint sql_logins_pkey primary key (login)
);
comment on table romashka.sql_logins is 'Which person and workspace a login role stands for, for people who use SQL as romashka_agent or romashka_admin.';
revoke all on romashka.sql_logins from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
-- No policy: the helpers that read it run as the owner, whom row security does not bind.
alter table romashka.sql_logins enable row level security;
alter table romashka.sql_logins force row level security;

create sequence if not exists romashka.event_ids as bigint;
create table if not exists public.events (
  id bigint not null default nextval('romashka.event_ids'),
  workspace_id uuid not null,
  transaction_id xid8 not null default pg_current_xact_id(),
  kind romashka.event_kind not null,
  actor_kind romashka.actor not null,
  actor_id uuid,
  subject_type text not null,
  subject_id uuid not null,
  conversation_id uuid,
  occurred_at timestamptz not null default now(),
  time_basis romashka.time_basis not null default 'recorded',
  recorded_at timestamptz not null default now(),
  payload jsonb not null default '{}',
  constraint events_pkey primary key (workspace_id, transaction_id, id, recorded_at)
) partition by range (recorded_at);
comment on table public.events is 'The ledger: one row for each change that matters, in the same commit. Append-only.';
create index if not exists events_transaction_id_idx on public.events (transaction_id, id);
-- A message is found by its conversation already; the rest of a conversation's life is short.
create index if not exists events_conversation_id_idx on public.events (conversation_id, recorded_at) where subject_type <> 'message';
create index if not exists events_kind_idx on public.events (workspace_id, kind, recorded_at) where subject_type <> 'message';
create table if not exists romashka_partitions.events_default partition of public.events default;

-- A dump knows transactions by the numbers of its old server. Where those are higher than this server's, its numbers are raised by so much.
create table if not exists romashka.ledger_origin (
  only_row boolean not null default true,
  transaction_offset bigint not null,
  moved_at timestamptz not null default now(),
  constraint ledger_origin_pkey primary key (only_row),
  constraint ledger_origin_only_row_check check (only_row),
  constraint ledger_origin_transaction_offset_check check (transaction_offset > 0)
);
comment on table romashka.ledger_origin is 'By how much the numbers of this server''s transactions are raised in the ledger, because it came here from another server; no row where it never did.';
revoke all on romashka.ledger_origin from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.ledger_origin enable row level security;
alter table romashka.ledger_origin force row level security;

create table if not exists public.event_cursors (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  reader text not null,
  transaction_id xid8 not null default '0',
  event_id bigint not null default 0,
  locked_until timestamptz,
  locked_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint event_cursors_pkey primary key (id, workspace_id),
  constraint event_cursors_reader_key unique (workspace_id, reader)
);
comment on table public.event_cursors is 'How far each reader of the ledger has come: it has handled every event up to and including (transaction_id, event_id).';
