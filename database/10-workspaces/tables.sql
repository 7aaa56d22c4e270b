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
  status text not null default 'available',
  max_concurrent_chats integer not null default 5,
  current_chat_count integer not null default 0,
  last_activity timestamptz not null default now(),
  auto_away_time integer not null default 300,
  working_hours jsonb not null default '{"friday": {"end": "17:00", "start": "09:00"}, "monday": {"end": "17:00", "start": "09:00"}, "tuesday": {"end": "17:00", "start": "09:00"}, "thursday": {"end": "17:00", "start": "09:00"}, "wednesday": {"end": "17:00", "start": "09:00"}}',
  last_assigned_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint agent_availability_pkey primary key (id, workspace_id),
  constraint agent_availability_agent_id_fkey foreign key (agent_id, workspace_id) references public.workspace_members (user_id, workspace_id) on delete cascade,
  constraint agent_availability_status_check check (status in ('available', 'busy', 'away', 'offline')),
  constraint agent_availability_max_concurrent_chats_check check (max_concurrent_chats between 0 and 1000),
  constraint agent_availability_current_chat_count_check check (current_chat_count >= 0),
  constraint agent_availability_auto_away_time_check check (auto_away_time >= 0),
  constraint agent_availability_working_hours_check check (romashka.is_weekly_hours(working_hours))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
comment on table public.agent_availability is 'Whether an agent takes conversations now, and how many he has. One row an agent and workspace.';
create unique index if not exists idx_agent_availability_agent_id on public.agent_availability (agent_id, workspace_id);
create index if not exists idx_agent_availability_status on public.agent_availability (workspace_id, status);
create index if not exists idx_agent_availability_is_online on public.agent_availability (workspace_id) where is_online and status = 'available';
