-- Purpose: settings of a workspace, and the record of who changed what.
-- Invariants: a setting has the shape its key needs; audit_logs is append-only, sealed into one hash chain per workspace.
-- Who writes: admins the settings; triggers alone the audit; the sealing function alone its chain columns, once.
-- Lock risk: none; a new partition locks only itself and, for a moment, its parent.

create table if not exists public.system_settings (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  setting_key text not null,
  setting_value jsonb not null,
  description text,
  is_public boolean not null default false,
  is_effective boolean not null default false,
  updated_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint system_settings_pkey primary key (id, workspace_id),
  constraint system_settings_setting_key_key unique (workspace_id, setting_key),
  constraint system_settings_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint system_settings_updated_by_fkey foreign key (updated_by) references public.profiles (id) on delete set null,
  constraint system_settings_setting_key_check check (setting_key ~ '^[A-Za-z][A-Za-z0-9_.:-]{0,254}$'),
  constraint system_settings_setting_value_check check (jsonb_typeof(setting_value) <> 'null' and romashka.is_valid_setting(setting_key, setting_value))
);
comment on table public.system_settings is 'Settings of a workspace. Those of the catalogue have a checked shape; further keys are the owner''s own.';
create index if not exists system_settings_updated_by_idx on public.system_settings (updated_by) where updated_by is not null;

create sequence if not exists romashka.audit_ids as bigint;
create table if not exists public.audit_logs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid,
  actor_kind text not null default 'system',
  actor_id uuid,
  api_key_id uuid,
  action text not null,
  entity_type text not null,
  entity_id uuid,
  changes jsonb,
  ip_address inet,
  user_agent text,
  created_at timestamptz not null default now(),
  transaction_id xid8 not null default pg_current_xact_id(),
  sequence bigint not null default nextval('romashka.audit_ids'),
  content_digest bytea,
  chain_position bigint,
  chain_hash bytea,
  redacted_at timestamptz,
  constraint audit_logs_pkey primary key (id, workspace_id, created_at),
  constraint audit_logs_user_id_fkey foreign key (user_id) references public.profiles (id) on delete set null,
  constraint audit_logs_actor_kind_check check (actor_kind in ('customer', 'agent', 'ai', 'workflow', 'system', 'api')),
  constraint audit_logs_action_check check (length(action) between 1 and 100),
  constraint audit_logs_entity_type_check check (length(entity_type) between 1 and 100),
  constraint audit_logs_changes_check check (jsonb_typeof(changes) = 'object'),
  constraint audit_logs_content_digest_check check (octet_length(content_digest) = 32),
  constraint audit_logs_chain_hash_check check (chain_hash is null or (octet_length(chain_hash) = 32 and chain_position > 0 and content_digest is not null))
) partition by range (created_at);
comment on table public.audit_logs is
  'Who changed what, from what to what. Append-only; sealed into a hash chain per workspace, so that an edit, a removal or an insertion shows.';
create index if not exists audit_logs_workspace_id_idx on public.audit_logs (workspace_id, created_at desc, id desc);
create index if not exists audit_logs_entity_id_idx on public.audit_logs (entity_id, workspace_id) where entity_id is not null;
create index if not exists audit_logs_user_id_idx on public.audit_logs (user_id) where user_id is not null;
create index if not exists audit_logs_unsealed_idx on public.audit_logs (transaction_id, sequence) where chain_position is null;
create index if not exists audit_logs_chain_position_idx on public.audit_logs (workspace_id, chain_position) where chain_position is not null;
create table if not exists romashka_partitions.audit_logs_default partition of public.audit_logs default;

create table if not exists public.audit_seals (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  kind text not null default 'head',
  chain_position bigint not null,
  chain_hash bytea not null,
  row_count bigint not null default 0,
  created_at timestamptz not null default now(),
  constraint audit_seals_pkey primary key (id, workspace_id),
  constraint audit_seals_chain_position_key unique (workspace_id, kind, chain_position),
  constraint audit_seals_kind_check check (kind in ('head', 'pruned')),
  constraint audit_seals_chain_position_check check (chain_position > 0),
  constraint audit_seals_chain_hash_check check (octet_length(chain_hash) = 32)
);
comment on table public.audit_seals is
  'Heads of the audit chains, one row a sealing; a head kept elsewhere proves that nothing before it was touched. Rows of kind pruned say up to where retention removed.';
create table if not exists public.retention_runs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  area text not null,
  removed_before timestamptz not null,
  removed_rows bigint not null,
  created_at timestamptz not null default now(),
  constraint retention_runs_pkey primary key (id, workspace_id),
  constraint retention_runs_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint retention_runs_area_check check (area in ('conversations', 'daily_metrics', 'audit_logs')),
  constraint retention_runs_removed_rows_check check (removed_rows > 0)
);
comment on table public.retention_runs is 'What retention removed, and up to when: roll-ups of those days are kept as they are, for what they were made from is gone.';
create index if not exists retention_runs_workspace_id_idx on public.retention_runs (workspace_id, area, removed_before desc);

-- A load takes slow indexes away and makes them again at its end. One that is killed leaves here what is owed.
create table if not exists romashka.postponed_indexes (
  name text not null,
  definition text not null,
  created_at timestamptz not null default now(),
  constraint postponed_indexes_pkey primary key (name),
  constraint postponed_indexes_definition_check check (definition ~ '^CREATE (UNIQUE )?INDEX IF NOT EXISTS ')
);
comment on table romashka.postponed_indexes is 'Indexes that a load has taken away and not made again yet; empty unless one is running or was killed.';
revoke all on romashka.postponed_indexes from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.postponed_indexes enable row level security;
alter table romashka.postponed_indexes force row level security;

-- The installation's own: which of its regular jobs is due. No tenant's data.
create table if not exists romashka.scheduled_jobs (
  name text not null,
  next_run_at timestamptz not null default now(),
  last_started_at timestamptz,
  last_finished_at timestamptz,
  last_duration_ms integer,
  last_error text,
  runs bigint not null default 0,
  failures bigint not null default 0,
  constraint scheduled_jobs_pkey primary key (name),
  constraint scheduled_jobs_name_check check (name ~ '^[a-z_]{1,100}$'),
  constraint scheduled_jobs_runs_check check (runs >= 0 and failures >= 0)
);
comment on table romashka.scheduled_jobs is 'The regular jobs of the installation, and when each is due. Whoever holds the row''s lock runs the job.';
revoke all on romashka.scheduled_jobs from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.scheduled_jobs enable row level security;
alter table romashka.scheduled_jobs force row level security;

-- What became of an installation of the older schema (05-adoption).
create table if not exists public.adopted_tables (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  table_name text not null,
  rows_before bigint not null,
  rows_after bigint not null,
  rows_repaired bigint not null,
  rows_quarantined bigint not null,
  checksum_before text not null,
  checksum_unchanged text not null,
  duration_ms bigint not null,
  own_objects text[] not null default '{}',
  created_at timestamptz not null default now(),
  constraint adopted_tables_pkey primary key (id, workspace_id),
  constraint adopted_tables_table_name_key unique (workspace_id, table_name),
  constraint adopted_tables_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint adopted_tables_rows_after_check check (rows_after = rows_before - rows_quarantined and rows_repaired >= 0 and rows_quarantined >= 0)
);
comment on table public.adopted_tables is 'Tables that were taken over from the older schema: how many rows, and the checksums that prove it.';

create table if not exists public.adoption_findings (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  source_table text not null,
  source_id text,
  action text not null,
  column_name text,
  reason text not null,
  source_row jsonb not null,
  created_at timestamptz not null default now(),
  constraint adoption_findings_pkey primary key (id, workspace_id),
  constraint adoption_findings_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint adoption_findings_action_check check (action in ('repaired', 'quarantined', 'replaced', 'left out')),
  constraint adoption_findings_source_row_check check (jsonb_typeof(source_row) = 'object')
);
comment on table public.adoption_findings is 'What broke this version''s rules when the older schema was taken over, each with the row as it was: repaired, or put aside (quarantined).';
create index if not exists adoption_findings_source_table_idx on public.adoption_findings (workspace_id, source_table, action, id);

-- The one place that holds plaintext: psql has no key, and what it takes over waits here until romashka adopt encrypts it. Nobody reads it but the owner.
create table if not exists romashka.adopted_credentials (
  workspace_id uuid not null,
  table_name text not null,
  column_name text not null,
  row_id uuid not null,
  secret text not null,
  created_at timestamptz not null default now(),
  constraint adopted_credentials_pkey primary key (table_name, column_name, row_id, workspace_id),
  constraint adopted_credentials_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint adopted_credentials_table_name_check check ((table_name = 'communication_channels' and column_name = 'webhook_secret') or (table_name = 'communication_channels' and column_name = 'api_credentials')
    or (table_name = 'integrations' and column_name = 'credentials') or (table_name = 'webhook_subscriptions' and column_name = 'secret_key'))
);
comment on table romashka.adopted_credentials is 'Credentials of the older schema that wait for a key; romashka adopt encrypts them and empties the table.';
create index if not exists adopted_credentials_workspace_id_idx on romashka.adopted_credentials (workspace_id);
revoke all on romashka.adopted_credentials from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.adopted_credentials enable row level security;
alter table romashka.adopted_credentials force row level security;
