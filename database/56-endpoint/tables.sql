-- Purpose: the language model of a workspace: where it is asked, and what it may cost a day.
-- Invariants: its key is an envelope; a call is paid for from the day's budget before it is made, and settled once after it.
-- Who writes: admins set it up; what it used is written by functions alone.
-- Lock risk: a call locks the row of its workspace's day for a moment, before and after it, never while it lasts.

create table if not exists public.ai_endpoints (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  is_enabled boolean not null default true,
  base_url text not null,
  model text not null,
  api_key text,
  is_streamed boolean not null default true,
  idle_timeout_seconds integer not null default 10,
  total_timeout_seconds integer not null default 30,
  max_tokens integer not null default 400,
  daily_tokens bigint not null default 200000,
  daily_cost numeric,
  input_price numeric not null default 0,
  output_price numeric not null default 0,
  is_masked boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint ai_endpoints_pkey primary key (id, workspace_id),
  constraint ai_endpoints_workspace_id_key unique (workspace_id),
  constraint ai_endpoints_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint ai_endpoints_base_url_check check (base_url ~ '^https?://[^\s@/#?]+(/[^\s#?]*)?$' and length(base_url) <= 2048),
  constraint ai_endpoints_model_check check (length(model) between 1 and 200),
  constraint ai_endpoints_api_key_check check (romashka.is_envelope(api_key)),
  constraint ai_endpoints_idle_timeout_seconds_check check (idle_timeout_seconds between 1 and 40),
  constraint ai_endpoints_total_timeout_seconds_check check (total_timeout_seconds between 1 and 40),
  constraint ai_endpoints_max_tokens_check check (max_tokens between 16 and 4000),
  constraint ai_endpoints_daily_tokens_check check (daily_tokens between 0 and 1000000000),
  constraint ai_endpoints_daily_cost_check check (daily_cost >= 0),
  constraint ai_endpoints_input_price_check check (input_price >= 0),
  constraint ai_endpoints_output_price_check check (output_price >= 0)
);
comment on table public.ai_endpoints is 'The OpenAI-compatible server that writes answers for a workspace; without a row nothing is written, and nothing leaves the machine.';

create table if not exists romashka.ai_usage (
  workspace_id uuid not null default public.current_workspace_id(),
  day date not null,
  calls bigint not null default 0,
  tokens_used bigint not null default 0,
  tokens_reserved bigint not null default 0,
  cost_used numeric not null default 0,
  cost_reserved numeric not null default 0,
  constraint ai_usage_pkey primary key (workspace_id, day),
  constraint ai_usage_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint ai_usage_tokens_used_check check (tokens_used >= 0),
  constraint ai_usage_tokens_reserved_check check (tokens_reserved >= 0)
) with (fillfactor = 70);
comment on table romashka.ai_usage is 'What a workspace''s language model has used on a day of UTC, and what calls that are at work may still use.';

create table if not exists romashka.ai_reservations (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  day date not null,
  tokens bigint not null,
  cost numeric not null,
  expires_at timestamptz not null,
  constraint ai_reservations_pkey primary key (id, workspace_id),
  constraint ai_reservations_day_fkey foreign key (workspace_id, day) references romashka.ai_usage (workspace_id, day) on delete cascade,
  constraint ai_reservations_tokens_check check (tokens > 0)
);
comment on table romashka.ai_reservations is 'Calls of a language model that are at work. One that never came back is counted as used up when its time is over.';
create index if not exists ai_reservations_day_idx on romashka.ai_reservations (workspace_id, day, expires_at);

revoke all on romashka.ai_usage, romashka.ai_reservations from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.ai_usage enable row level security;
alter table romashka.ai_usage force row level security;
alter table romashka.ai_reservations enable row level security;
alter table romashka.ai_reservations force row level security;
