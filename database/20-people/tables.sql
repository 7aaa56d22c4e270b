-- Purpose: customers, and by what they are known on each channel.
-- Invariants: an identity finds its customer without a race (unique per workspace, channel and external id); a merged customer points to the one that stays.
-- Lock risk: none beyond row locks.

create table if not exists public.customer_profiles (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  email text,
  name text,
  phone text,
  company text,
  location text,
  timezone text not null default 'UTC',
  language text not null default 'en',
  tags text[] not null default '{}',
  custom_fields romashka.json_fields not null default '{}',
  total_conversations romashka.counter not null default 0,
  avg_satisfaction numeric not null default 0,
  rating_sum numeric not null default 0,
  rating_count integer not null default 0,
  last_interaction timestamptz,
  notes text,
  status romashka.customer_status not null default 'active',
  merged_into_id uuid,
  erased_at timestamptz,
  do_not_contact_since timestamptz,
  do_not_contact_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint customer_profiles_pkey primary key (id, workspace_id),
  constraint customer_profiles_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint customer_profiles_merged_into_id_fkey foreign key (merged_into_id, workspace_id) references public.customer_profiles (id, workspace_id),
  constraint customer_profiles_email_check check (email is null or (length(email) <= 320 and email ~ '^[^@\s]+@[^@\s]+$')),
  constraint customer_profiles_merged_into_id_check check (merged_into_id <> id)
) with (fillfactor = 90);
comment on table public.customer_profiles is 'Customers (contacts) of a workspace.';
create unique index if not exists idx_customer_profiles_email on public.customer_profiles (workspace_id, lower(email)) where merged_into_id is null;
create index if not exists idx_customer_profiles_phone on public.customer_profiles (workspace_id, phone) where phone is not null;
create index if not exists idx_customer_profiles_created_at on public.customer_profiles (workspace_id, created_at desc, id);
create index if not exists customer_profiles_merged_into_id_idx on public.customer_profiles (merged_into_id, workspace_id) where merged_into_id is not null;

create table if not exists public.customer_identities (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  customer_id uuid not null,
  channel_type text not null,
  external_id text not null,
  display_name text,
  is_verified boolean not null default false,
  verified_at timestamptz,
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  constraint customer_identities_pkey primary key (id, workspace_id),
  constraint customer_identities_external_id_key unique (workspace_id, channel_type, external_id),
  constraint customer_identities_customer_id_fkey foreign key (customer_id, workspace_id) references public.customer_profiles (id, workspace_id) on delete cascade,
  constraint customer_identities_channel_type_check check (channel_type in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api')),
  constraint customer_identities_external_id_check check (length(external_id) between 1 and 512)
);
comment on table public.customer_identities is 'By what a customer is known on a channel: number, address, visitor token (hashed). Claimed until verified.';
create index if not exists customer_identities_customer_id_idx on public.customer_identities (customer_id, workspace_id);

create table if not exists public.customer_channel_preferences (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  customer_id uuid not null,
  channel_type text not null,
  is_preferred boolean not null default false,
  opt_in boolean not null default true,
  opt_in_at timestamptz,
  opt_in_source text,
  last_interaction timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint customer_channel_preferences_pkey primary key (id, workspace_id),
  constraint customer_channel_preferences_customer_id_key unique (customer_id, workspace_id, channel_type),
  constraint customer_channel_preferences_customer_id_fkey foreign key (customer_id, workspace_id) references public.customer_profiles (id, workspace_id) on delete cascade,
  constraint customer_channel_preferences_channel_type_check check (channel_type in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api')),
  constraint customer_channel_preferences_opt_in_source_check check (length(opt_in_source) between 1 and 200)
);
comment on table public.customer_channel_preferences is 'Which channels a customer likes, and where he has opted out.';

create table if not exists public.custom_attribute_definitions (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  applies_to text not null,
  attribute_key text not null,
  label text not null,
  value_type text not null default 'text',
  allowed_values text[] not null default '{}',
  is_required boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint custom_attribute_definitions_pkey primary key (id, workspace_id),
  constraint custom_attribute_definitions_attribute_key_key unique (workspace_id, applies_to, attribute_key),
  constraint custom_attribute_definitions_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint custom_attribute_definitions_applies_to_check check (applies_to in ('conversation', 'customer')),
  constraint custom_attribute_definitions_attribute_key_check check (attribute_key ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint custom_attribute_definitions_value_type_check check (value_type in ('text', 'number', 'boolean', 'date', 'list', 'link'))
);
comment on table public.custom_attribute_definitions is 'Which custom attributes a workspace keeps of conversations and customers, and of what type.';
