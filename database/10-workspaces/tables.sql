-- Purpose: tenants, their people and teams. profiles and auth.users are people, global; everything else belongs to one workspace.
-- Who writes: owners and admins of a workspace; sign-ups make profiles, invitations make memberships.
-- Lock risk: small tables.

create table if not exists public.workspaces (
  id uuid not null default public.generate_uuid(),
  slug text not null,
  name text not null,
  time_zone text not null default 'UTC',
  business_hours jsonb not null default '{"monday": {"start": "09:00", "end": "17:00"}, "tuesday": {"start": "09:00", "end": "17:00"}, "wednesday": {"start": "09:00", "end": "17:00"}, "thursday": {"start": "09:00", "end": "17:00"}, "friday": {"start": "09:00", "end": "17:00"}}',
  holidays date[] not null default '{}',
  default_language text not null default 'en',
  settings jsonb not null default '{}',
  status text not null default 'active',
  legal_hold boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint workspaces_pkey primary key (id),
  constraint workspaces_slug_key unique (slug),
  constraint workspaces_slug_check check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  constraint workspaces_name_check check (length(name) between 1 and 200),
  constraint workspaces_status_check check (status in ('active', 'suspended')),
  constraint workspaces_default_language_check check (length(default_language) between 2 and 35),
  constraint workspaces_business_hours_check check (romashka.is_weekly_hours(business_hours)),
  constraint workspaces_time_zone_check check (romashka.is_time_zone(time_zone)),
  constraint workspaces_settings_check check (jsonb_typeof(settings) = 'object')
);
comment on table public.workspaces is 'Tenants. Nothing of one is visible to another.';

create table if not exists public.profiles (
  id uuid not null,
  email text not null,
  full_name text,
  company_name text,
  website_url text,
  avatar_url text,
  role text not null default 'user',
  timezone text not null default 'UTC',
  language text not null default 'en',
  onboarding_completed boolean not null default false,
  onboarding_data jsonb not null default '{}',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint profiles_pkey primary key (id),
  constraint profiles_id_fkey foreign key (id) references auth.users (id) on delete cascade,
  constraint profiles_email_key unique (email),
  constraint profiles_role_check check (role in ('admin', 'agent', 'user')),
  constraint profiles_timezone_check check (romashka.is_time_zone(timezone)),
  constraint profiles_onboarding_data_check check (jsonb_typeof(onboarding_data) = 'object'),
  constraint profiles_settings_check check (jsonb_typeof(settings) = 'object')
);
comment on table public.profiles is 'People who sign in, one row each, over all workspaces. What one may do is in workspace_members.';

create table if not exists public.workspace_members (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid not null,
  role text not null default 'agent',
  status text not null default 'active',
  invited_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint workspace_members_pkey primary key (id, workspace_id),
  constraint workspace_members_user_id_key unique (user_id, workspace_id),
  constraint workspace_members_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint workspace_members_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint workspace_members_invited_by_fkey foreign key (invited_by) references public.profiles (id) on delete set null,
  constraint workspace_members_role_check check (role in ('viewer', 'agent', 'admin', 'owner')),
  constraint workspace_members_status_check check (status in ('active', 'removed'))
);
comment on table public.workspace_members is 'Who belongs to a workspace, as what.';
create index if not exists workspace_members_workspace_id_idx on public.workspace_members (workspace_id, role);
create index if not exists workspace_members_invited_by_idx on public.workspace_members (invited_by) where invited_by is not null;

create table if not exists public.workspace_invitations (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  email text not null,
  role text not null default 'agent',
  token_hash bytea not null,
  invited_by uuid,
  expires_at timestamptz not null default now() + interval '7 days',
  accepted_at timestamptz,
  created_at timestamptz not null default now(),
  constraint workspace_invitations_pkey primary key (id, workspace_id),
  constraint workspace_invitations_token_hash_key unique (token_hash, workspace_id),
  constraint workspace_invitations_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint workspace_invitations_invited_by_fkey foreign key (invited_by) references public.profiles (id) on delete set null,
  constraint workspace_invitations_role_check check (role in ('viewer', 'agent', 'admin', 'owner')),
  constraint workspace_invitations_token_hash_check check (octet_length(token_hash) = 32)
);
comment on table public.workspace_invitations is 'Open and accepted invitations. Only the SHA-256 of a token is kept.';
create index if not exists workspace_invitations_workspace_id_idx on public.workspace_invitations (workspace_id, lower(email));
create index if not exists workspace_invitations_invited_by_idx on public.workspace_invitations (invited_by) where invited_by is not null;

create table if not exists public.teams (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  description text,
  department text,
  business_hours jsonb,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint teams_pkey primary key (id, workspace_id),
  constraint teams_name_key unique (workspace_id, name),
  constraint teams_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint teams_name_check check (length(name) between 1 and 200),
  constraint teams_business_hours_check check (business_hours is null or romashka.is_weekly_hours(business_hours))
);
comment on table public.teams is 'Groups of agents. A conversation of a team, or of its department, is assigned within it.';
create unique index if not exists teams_department_key on public.teams (workspace_id, lower(department)) where department is not null;

create table if not exists public.team_members (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  team_id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  constraint team_members_pkey primary key (id, workspace_id),
  constraint team_members_team_id_key unique (team_id, workspace_id, user_id),
  constraint team_members_team_id_fkey foreign key (team_id, workspace_id) references public.teams (id, workspace_id) on delete cascade,
  constraint team_members_user_id_fkey foreign key (user_id, workspace_id) references public.workspace_members (user_id, workspace_id) on delete cascade
);
comment on table public.team_members is 'Who is in which team; only members of the workspace can be.';
create index if not exists team_members_user_id_idx on public.team_members (user_id, workspace_id);

create table if not exists public.agent_availability (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  agent_id uuid not null,
  is_online boolean not null default false,
  status romashka.availability not null default 'available',
  max_concurrent_chats romashka.max_concurrent_chats not null default 5,
  current_chat_count romashka.counter not null default 0,
  last_activity timestamptz not null default now(),
  auto_away_time romashka.counter not null default 300,
  working_hours romashka.working_hours not null default '{"friday": {"end": "17:00", "start": "09:00"}, "monday": {"end": "17:00", "start": "09:00"}, "tuesday": {"end": "17:00", "start": "09:00"}, "thursday": {"end": "17:00", "start": "09:00"}, "wednesday": {"end": "17:00", "start": "09:00"}}',
  last_assigned_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint agent_availability_pkey primary key (id, workspace_id),
  constraint agent_availability_agent_id_fkey foreign key (agent_id, workspace_id) references public.workspace_members (user_id, workspace_id) on delete cascade
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
comment on table public.agent_availability is 'Whether an agent takes conversations now, and how many he has. One row an agent and workspace.';
create unique index if not exists idx_agent_availability_agent_id on public.agent_availability (agent_id, workspace_id);
create index if not exists idx_agent_availability_status on public.agent_availability (workspace_id, status);
create index if not exists idx_agent_availability_is_online on public.agent_availability (workspace_id) where is_online and status = 'available';

-- Signing in. People are global, so are their passwords, sessions and second factors: nobody but the functions in verbs.sql reads these tables.
create table if not exists romashka.passwords (
  user_id uuid not null,
  password_hash text not null,
  changed_at timestamptz not null default now(),
  constraint passwords_pkey primary key (user_id),
  constraint passwords_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint passwords_password_hash_check check (password_hash ~ '^\$argon2id\$v=19\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$')
);
comment on table romashka.passwords is 'Passwords of people who sign in here, as Argon2id hashes. Who signs in with Supabase or another provider has none.';

create table if not exists romashka.sessions (
  id uuid not null default public.generate_uuid(),
  user_id uuid not null,
  token_hash bytea not null,
  chosen_workspace uuid,
  is_second_factor_passed boolean not null default false,
  user_agent text,
  address inet,
  created_at timestamptz not null default now(),
  authenticated_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  idle_limit interval not null,
  expires_at timestamptz not null,
  constraint sessions_pkey primary key (id),
  constraint sessions_token_hash_key unique (token_hash),
  constraint sessions_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint sessions_token_hash_check check (octet_length(token_hash) = 32)
) with (fillfactor = 80);
comment on table romashka.sessions is 'Who is signed in. Only the SHA-256 of a token is kept; signing out removes the row.';
create index if not exists sessions_user_id_idx on romashka.sessions (user_id, created_at);
create index if not exists sessions_expires_at_idx on romashka.sessions (expires_at);

create table if not exists romashka.second_factors (
  id uuid not null default public.generate_uuid(),
  user_id uuid not null,
  secret text not null,
  confirmed_at timestamptz,
  last_step bigint not null default 0,
  created_at timestamptz not null default now(),
  constraint second_factors_pkey primary key (id),
  constraint second_factors_user_id_key unique (user_id),
  constraint second_factors_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint second_factors_secret_check check (romashka.is_envelope(secret))
);
comment on table romashka.second_factors is 'Secrets of one-time passwords (TOTP), encrypted. In force once a first code was right.';

create table if not exists romashka.recovery_codes (
  user_id uuid not null,
  code_hash bytea not null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  constraint recovery_codes_pkey primary key (user_id, code_hash),
  constraint recovery_codes_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint recovery_codes_code_hash_check check (octet_length(code_hash) = 32)
);
comment on table romashka.recovery_codes is 'Codes that stand in for a lost second factor, once each. Only the SHA-256 is kept.';

create table if not exists romashka.account_tokens (
  token_hash bytea not null,
  purpose text not null,
  user_id uuid,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  constraint account_tokens_pkey primary key (token_hash),
  constraint account_tokens_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint account_tokens_token_hash_check check (octet_length(token_hash) = 32),
  constraint account_tokens_purpose_check check (purpose in ('password_reset', 'second_factor', 'setup')),
  constraint account_tokens_user_id_check check ((user_id is null) = (purpose = 'setup'))
);
comment on table romashka.account_tokens is 'Tokens that are good for one act: a new password, the second step of signing in, the set-up of an installation. Only the SHA-256 is kept.';
create index if not exists account_tokens_user_id_idx on romashka.account_tokens (user_id) where user_id is not null;
create index if not exists account_tokens_expires_at_idx on romashka.account_tokens (expires_at);

create table if not exists romashka.oidc_logins (
  id uuid not null,
  state_hash bytea not null,
  browser_hash bytea not null,
  content text not null,
  expires_at timestamptz not null,
  constraint oidc_logins_pkey primary key (id),
  constraint oidc_logins_state_hash_key unique (state_hash),
  constraint oidc_logins_state_hash_check check (octet_length(state_hash) = 32 and octet_length(browser_hash) = 32),
  constraint oidc_logins_content_check check (romashka.is_envelope(content))
);
comment on table romashka.oidc_logins is 'People who were sent to the provider of their sign-in and are not back yet. Of what tells them only hashes are kept, the rest is encrypted; each is good once.';
create index if not exists oidc_logins_expires_at_idx on romashka.oidc_logins (expires_at);

create table if not exists romashka.oidc_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  constraint oidc_identities_pkey primary key (issuer, subject),
  constraint oidc_identities_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint oidc_identities_issuer_check check (length(issuer) between 1 and 1000),
  constraint oidc_identities_subject_check check (length(subject) between 1 and 255)
);
comment on table romashka.oidc_identities is 'Who signs in by a provider: its issuer and the subject it gives a person, which never change, belong to one account. An address is no identity.';
create index if not exists oidc_identities_user_id_idx on romashka.oidc_identities (user_id);

-- Lost in a crash, which forgives some failed attempts and nothing else.
create unlogged table if not exists romashka.rate_limits (
  key text not null,
  arrival timestamptz not null,
  constraint rate_limits_pkey primary key (key),
  constraint rate_limits_key_check check (length(key) between 1 and 200)
) with (fillfactor = 70);
comment on table romashka.rate_limits is 'When what was done under a key is used up (the theoretical arrival time of GCRA). Keys hold hashes, no addresses.';

create unlogged table if not exists romashka.login_failures (
  account_hash bytea not null,
  failures integer not null,
  last_failed_at timestamptz not null,
  locked_until timestamptz not null,
  constraint login_failures_pkey primary key (account_hash),
  constraint login_failures_account_hash_check check (octet_length(account_hash) = 32),
  constraint login_failures_failures_check check (failures >= 0)
) with (fillfactor = 70);
comment on table romashka.login_failures is 'Wrong passwords and codes in a row of an account, also of one that does not exist, and until when it waits.';

create table if not exists romashka.outgoing_mails (
  id uuid not null default public.generate_uuid(),
  kind text not null,
  recipient text not null,
  language text not null default 'en',
  content text not null,
  status text not null default 'pending',
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  last_error text,
  created_at timestamptz not null default now(),
  constraint outgoing_mails_pkey primary key (id),
  constraint outgoing_mails_kind_check check (kind in ('invitation', 'password_reset', 'password_changed', 'second_factor_changed', 'report', 'webhook_failing', 'webhook_disabled', 'channel_failing', 'channel_alert')),
  constraint outgoing_mails_recipient_check check (length(recipient) <= 320 and recipient ~ '^[^@\s]+@[^@\s]+$'),
  constraint outgoing_mails_language_check check (length(language) between 2 and 35),
  constraint outgoing_mails_content_check check (romashka.is_envelope(content)),
  constraint outgoing_mails_status_check check (status in ('pending', 'sending', 'sent', 'dead')),
  constraint outgoing_mails_attempt_count_check check (attempt_count >= 0),
  constraint outgoing_mails_lease_id_check check ((lease_id is not null) = (status = 'sending'))
) with (fillfactor = 80);
comment on table romashka.outgoing_mails is 'Mails of the installation itself (invitations, resets, notices): the queue they are sent from. What they say holds tokens and is encrypted.';
create index if not exists outgoing_mails_next_attempt_at_idx on romashka.outgoing_mails (next_attempt_at) where status in ('pending', 'sending');
create index if not exists outgoing_mails_created_at_idx on romashka.outgoing_mails (created_at) where status in ('sent', 'dead');

do $$
declare
  name text;
begin
  foreach name in array array['passwords', 'sessions', 'second_factors', 'recovery_codes', 'account_tokens', 'oidc_logins', 'oidc_identities', 'rate_limits', 'login_failures',
    'outgoing_mails'] loop
    execute format('revoke all on romashka.%I from public, anon, authenticated, service_role, romashka_agent, romashka_admin', name);
    execute format('alter table romashka.%I enable row level security', name);
    execute format('alter table romashka.%I force row level security', name);
  end loop;
end $$;

create table if not exists public.api_keys (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  display_prefix text not null,
  last_four text not null,
  key_hash bytea not null,
  role text not null default 'agent',
  scopes text[] not null,
  created_by uuid,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now(),
  constraint api_keys_pkey primary key (id, workspace_id),
  constraint api_keys_key_hash_key unique (key_hash, workspace_id),
  constraint api_keys_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint api_keys_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint api_keys_name_check check (length(name) between 1 and 200),
  constraint api_keys_display_prefix_check check (display_prefix ~ '^rmk_(live|test)_[0-9A-Za-z]{3}$'),
  constraint api_keys_last_four_check check (last_four ~ '^[0-9A-Za-z]{4}$'),
  constraint api_keys_key_hash_check check (octet_length(key_hash) = 32),
  constraint api_keys_role_check check (role in ('viewer', 'agent', 'admin')),
  constraint api_keys_scopes_check check (romashka.is_text_list(to_jsonb(scopes), '^(\*|[a-z_]+):(read|write)$') and cardinality(scopes) between 1 and 100)
) with (fillfactor = 80);
comment on table public.api_keys is 'Keys of programs. Only the SHA-256 is kept: a key is shown once, when it is made.';
create index if not exists api_keys_workspace_id_idx on public.api_keys (workspace_id, created_at desc, id desc);
create index if not exists api_keys_created_by_idx on public.api_keys (created_by) where created_by is not null;

create table if not exists public.idempotency_keys (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  actor_id uuid not null,
  idempotency_key text not null,
  request_hash bytea not null,
  response_status integer,
  response_headers jsonb not null default '{}',
  response_body text,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pkey primary key (id, workspace_id),
  constraint idempotency_keys_idempotency_key_key unique (workspace_id, actor_id, idempotency_key),
  constraint idempotency_keys_idempotency_key_check check (length(idempotency_key) between 1 and 255),
  constraint idempotency_keys_request_hash_check check (octet_length(request_hash) = 32),
  constraint idempotency_keys_response_status_check check (response_status between 200 and 399),
  constraint idempotency_keys_response_headers_check check (jsonb_typeof(response_headers) = 'object'),
  constraint idempotency_keys_response_body_check check (romashka.is_envelope(response_body))
);
comment on table public.idempotency_keys is 'Requests that a caller may repeat: the answer that was given, for 24 hours, encrypted, for some answers hold a secret that is shown once. Written in the transaction of the request.';
create index if not exists idempotency_keys_created_at_idx on public.idempotency_keys (created_at);
