-- Purpose: the ways customers reach a workspace, what is sent through them ready-made, and the durable queue of what came in.
-- Invariants: credentials are envelopes, never plaintext; a webhook that arrives twice is stored once; its raw body is durable before it is answered.
-- Who writes: admins set channels up; the server stores webhooks (receive_webhook_event) and works the queue.
-- Lock risk: none beyond row locks; webhook_events is partitioned by month, so that retention drops partitions.

create table if not exists public.communication_channels (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  type text not null,
  status text not null default 'active',
  configuration jsonb not null default '{}',
  webhook_url text,
  webhook_secret text,
  api_credentials jsonb,
  message_limit_per_day integer not null default 1000,
  messages_sent_today integer not null default 0,
  last_reset_date date not null default current_date,
  last_error text,
  last_error_at timestamptz,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint communication_channels_pkey primary key (id, workspace_id),
  constraint communication_channels_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint communication_channels_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint communication_channels_name_check check (length(name) between 1 and 200),
  constraint communication_channels_type_check check (type in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api')),
  constraint communication_channels_status_check check (status in ('active', 'inactive', 'pending_setup')),
  constraint communication_channels_configuration_check check (jsonb_typeof(configuration) = 'object'),
  constraint communication_channels_webhook_url_check check (webhook_url ~ '^https?://[^\s]+$'),
  constraint communication_channels_webhook_secret_check check (romashka.is_envelope(webhook_secret)),
  constraint communication_channels_api_credentials_check check (romashka.is_envelope(api_credentials)),
  constraint communication_channels_message_limit_per_day_check check (message_limit_per_day >= 0),
  constraint communication_channels_messages_sent_today_check check (messages_sent_today >= 0),
  constraint communication_channels_last_error_check check ((last_error is null) = (last_error_at is null) and length(last_error) <= 2000)
);
comment on table public.communication_channels is 'Accounts by which customers reach the workspace: a WhatsApp number, a mailbox, a site.';
create index if not exists communication_channels_workspace_id_idx on public.communication_channels (workspace_id, type, status);
create index if not exists communication_channels_email_idx on public.communication_channels (created_at, id) where type = 'email';
create index if not exists communication_channels_created_by_idx on public.communication_channels (created_by) where created_by is not null;

create table if not exists public.message_templates (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  language text not null,
  category text not null,
  template_content jsonb not null default '{}',
  status text not null default 'pending',
  channel_type text not null,
  external_template_id text,
  provider_status text,
  provider_status_at timestamptz,
  status_reason text,
  quality text,
  account_id text,
  usage_count integer not null default 0,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint message_templates_pkey primary key (id, workspace_id),
  constraint message_templates_name_key unique (workspace_id, channel_type, name, language),
  constraint message_templates_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint message_templates_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint message_templates_name_check check (length(name) between 1 and 512),
  constraint message_templates_language_check check (length(language) between 2 and 35),
  constraint message_templates_category_check check (category in ('utility', 'marketing', 'authentication')),
  constraint message_templates_status_check check (status in ('pending', 'approved', 'rejected')),
  constraint message_templates_channel_type_check check (channel_type in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api')),
  constraint message_templates_template_content_check check (jsonb_typeof(template_content) = 'object'),
  constraint message_templates_quality_check check (quality in ('green', 'yellow', 'red', 'unknown')),
  constraint message_templates_provider_status_check check (length(provider_status) between 1 and 64),
  constraint message_templates_account_id_check check (length(account_id) between 1 and 64),
  constraint message_templates_status_reason_check check (length(status_reason) <= 2000),
  constraint message_templates_usage_count_check check (usage_count >= 0)
);
comment on table public.message_templates is 'Messages a provider approves beforehand, for writing to a customer outside of the window in which free text is allowed.';
create index if not exists message_templates_created_by_idx on public.message_templates (created_by) where created_by is not null;

create table if not exists public.channel_alerts (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  channel_id uuid not null,
  kind text not null,
  subject text not null default '',
  severity text not null,
  message text not null,
  details jsonb not null default '{}',
  raised_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  resolved_at timestamptz,
  constraint channel_alerts_pkey primary key (id, workspace_id),
  constraint channel_alerts_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint channel_alerts_kind_check check (kind in ('account', 'number', 'template', 'mailbox')),
  constraint channel_alerts_subject_check check (length(subject) <= 600),
  constraint channel_alerts_severity_check check (severity in ('notice', 'warning', 'critical')),
  constraint channel_alerts_message_check check (length(message) between 1 and 2000),
  constraint channel_alerts_details_check check (jsonb_typeof(details) = 'object')
);
comment on table public.channel_alerts is 'What is wrong with a channel or may soon be, by its provider''s word or our own trying. One row for each trouble; it ends when the provider says so or an admin does.';
create unique index if not exists channel_alerts_open_key on public.channel_alerts (channel_id, workspace_id, kind, subject) where resolved_at is null;
create index if not exists channel_alerts_channel_id_idx on public.channel_alerts (channel_id, workspace_id, raised_at desc);

create table if not exists public.sms_opt_outs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  our_number text not null,
  customer_number text not null,
  is_opted_out boolean not null default true,
  source text not null,
  changed_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint sms_opt_outs_pkey primary key (id, workspace_id),
  constraint sms_opt_outs_customer_number_key unique (workspace_id, customer_number, our_number),
  constraint sms_opt_outs_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint sms_opt_outs_our_number_check check (length(our_number) between 1 and 64),
  constraint sms_opt_outs_customer_number_check check (length(customer_number) between 1 and 64),
  constraint sms_opt_outs_source_check check (source in ('word', 'provider', 'refusal'))
);
comment on table public.sms_opt_outs is 'Who has asked one of our numbers for no more text messages, or has asked for them again. It is about the numbers, whoever the customer is.';

create table if not exists public.channel_routing_rules (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  priority integer not null default 0,
  conditions jsonb not null default '{}',
  target_channel_type text,
  fallback_channel_type text,
  team_id uuid,
  agent_id uuid,
  set_priority romashka.priority,
  add_tags text[] not null default '{}',
  sla_policy_id uuid,
  is_active boolean not null default true,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint channel_routing_rules_pkey primary key (id, workspace_id),
  constraint channel_routing_rules_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint channel_routing_rules_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint channel_routing_rules_team_id_fkey foreign key (team_id, workspace_id) references public.teams (id, workspace_id),
  constraint channel_routing_rules_agent_id_fkey foreign key (agent_id) references public.profiles (id) on delete set null,
  constraint channel_routing_rules_name_check check (length(name) between 1 and 255),
  constraint channel_routing_rules_conditions_check check (jsonb_typeof(conditions) = 'object'),
  constraint channel_routing_rules_target_channel_type_check check (target_channel_type in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api')),
  constraint channel_routing_rules_fallback_channel_type_check check (fallback_channel_type in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api')
    and fallback_channel_type <> target_channel_type)
);
comment on table public.channel_routing_rules is
  'What becomes of a new conversation: its team, agent, priority, tags and service level, and by which channel its customer is written to.';
create index if not exists channel_routing_rules_workspace_id_idx on public.channel_routing_rules (workspace_id, is_active, priority desc);
create index if not exists channel_routing_rules_team_id_idx on public.channel_routing_rules (team_id, workspace_id) where team_id is not null;
create index if not exists channel_routing_rules_agent_id_idx on public.channel_routing_rules (agent_id) where agent_id is not null;
create index if not exists channel_routing_rules_created_by_idx on public.channel_routing_rules (created_by) where created_by is not null;

create table if not exists public.widget_configurations (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid,
  channel_id uuid,
  widget_name text not null,
  domain text,
  allowed_domains text[] not null default '{}',
  configuration jsonb not null default '{}',
  embed_code text,
  status text not null default 'active',
  install_verified boolean not null default false,
  requires_identity boolean not null default false,
  custom_css text,
  custom_js text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint widget_configurations_pkey primary key (id, workspace_id),
  constraint widget_configurations_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint widget_configurations_user_id_fkey foreign key (user_id) references public.profiles (id) on delete set null,
  constraint widget_configurations_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint widget_configurations_widget_name_check check (length(widget_name) between 1 and 255),
  constraint widget_configurations_domain_check check (length(domain) between 1 and 255),
  constraint widget_configurations_status_check check (status in ('active', 'inactive')),
  constraint widget_configurations_configuration_check check (jsonb_typeof(configuration) = 'object')
);
comment on table public.widget_configurations is 'Chat widgets on customers'' sites: looks, allowed domains, the snippet to embed.';
create index if not exists widget_configurations_workspace_id_idx on public.widget_configurations (workspace_id, status);
create index if not exists widget_configurations_user_id_idx on public.widget_configurations (user_id) where user_id is not null;
create index if not exists widget_configurations_channel_id_idx on public.widget_configurations (channel_id, workspace_id) where channel_id is not null;

-- A visitor knows only the token in the page's source, not the workspace: the one thing here that is unique beyond workspaces.
create table if not exists romashka.widget_tokens (
  token text not null,
  workspace_id uuid not null,
  widget_id uuid not null,
  created_at timestamptz not null default now(),
  constraint widget_tokens_pkey primary key (token),
  constraint widget_tokens_widget_id_fkey foreign key (widget_id, workspace_id) references public.widget_configurations (id, workspace_id) on delete cascade,
  constraint widget_tokens_token_check check (token ~ '^[A-Za-z0-9_-]{22,64}$')
);
comment on table romashka.widget_tokens is 'Which widget a public token names. The token is in the page''s source: it finds the widget and grants nothing else.';
create index if not exists widget_tokens_widget_id_idx on romashka.widget_tokens (widget_id, workspace_id);
revoke all on romashka.widget_tokens from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.widget_tokens enable row level security;
alter table romashka.widget_tokens force row level security;

create table if not exists public.widget_identity_secrets (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  widget_id uuid not null,
  secret_key text not null,
  created_by uuid,
  created_at timestamptz not null default now(),
  constraint widget_identity_secrets_pkey primary key (id, workspace_id),
  constraint widget_identity_secrets_widget_id_fkey foreign key (widget_id, workspace_id) references public.widget_configurations (id, workspace_id) on delete cascade,
  constraint widget_identity_secrets_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint widget_identity_secrets_secret_key_check check (romashka.is_envelope(secret_key))
);
comment on table public.widget_identity_secrets is 'Keys by which the owner of a site proves who his visitors are: two at most, so that one replaces the other without a gap.';
create index if not exists widget_identity_secrets_widget_id_idx on public.widget_identity_secrets (widget_id, workspace_id);
create index if not exists widget_identity_secrets_created_by_idx on public.widget_identity_secrets (created_by) where created_by is not null;

-- The browsers by which visitors are known. A row ends with its time, with the log-out of the page, and with the proof of an identity.
create table if not exists romashka.visitor_sessions (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  widget_id uuid not null,
  token_hash bytea not null,
  visitor text not null,
  user_id text,
  email text,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint visitor_sessions_pkey primary key (id, workspace_id),
  constraint visitor_sessions_token_hash_key unique (token_hash, widget_id, workspace_id),
  constraint visitor_sessions_widget_id_fkey foreign key (widget_id, workspace_id) references public.widget_configurations (id, workspace_id) on delete cascade,
  constraint visitor_sessions_token_hash_check check (octet_length(token_hash) = 32),
  constraint visitor_sessions_visitor_check check (length(visitor) between 1 and 512)
) with (fillfactor = 80);
comment on table romashka.visitor_sessions is 'Browsers of a site''s visitors. Only the SHA-256 of a token is kept; a session that is over has no row.';
create index if not exists visitor_sessions_widget_id_idx on romashka.visitor_sessions (widget_id, workspace_id);
create index if not exists visitor_sessions_visitor_idx on romashka.visitor_sessions (workspace_id, visitor);
create index if not exists visitor_sessions_expires_at_idx on romashka.visitor_sessions (expires_at);
revoke all on romashka.visitor_sessions from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.visitor_sessions enable row level security;
alter table romashka.visitor_sessions force row level security;

-- Nor does a provider that calls a webhook know the workspace: the address it was given holds this token.
create table if not exists romashka.channel_tokens (
  token text not null,
  workspace_id uuid not null,
  channel_id uuid not null,
  created_at timestamptz not null default now(),
  constraint channel_tokens_pkey primary key (token),
  constraint channel_tokens_channel_id_key unique (channel_id, workspace_id),
  constraint channel_tokens_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint channel_tokens_token_check check (token ~ '^[A-Za-z0-9_-]{22,64}$')
);
comment on table romashka.channel_tokens is 'Which channel the address of a webhook names. It finds the channel and grants nothing else: what arrives must be signed.';
revoke all on romashka.channel_tokens from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.channel_tokens enable row level security;
alter table romashka.channel_tokens force row level security;

-- Mail for an address must not be another workspace's by chance: the second thing here that is unique beyond workspaces.
create table if not exists romashka.mail_addresses (
  address text not null,
  workspace_id uuid not null,
  created_at timestamptz not null default now(),
  constraint mail_addresses_pkey primary key (address),
  constraint mail_addresses_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint mail_addresses_address_check check (length(address) between 3 and 512)
);
comment on table romashka.mail_addresses is 'Which workspace takes the mail for an address, by its channels that are not switched off.';
create index if not exists mail_addresses_workspace_id_idx on romashka.mail_addresses (workspace_id);
revoke all on romashka.mail_addresses from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.mail_addresses enable row level security;
alter table romashka.mail_addresses force row level security;

-- When the provider of a channel is asked for its templates and its number next.
create table if not exists romashka.channel_syncs (
  workspace_id uuid not null default public.current_workspace_id(),
  channel_id uuid not null,
  digits text,
  quality text,
  due_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  failures integer not null default 0,
  last_error text,
  synced_at timestamptz,
  created_at timestamptz not null default now(),
  constraint channel_syncs_pkey primary key (channel_id, workspace_id),
  constraint channel_syncs_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint channel_syncs_failures_check check (failures >= 0),
  constraint channel_syncs_digits_check check (digits ~ '^[0-9]{1,20}$')
) with (fillfactor = 80);
comment on table romashka.channel_syncs is 'Channels whose provider is asked now and then for what its webhooks may have failed to tell: templates, and the quality of the number.';
create index if not exists channel_syncs_due_at_idx on romashka.channel_syncs (due_at);
revoke all on romashka.channel_syncs from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.channel_syncs enable row level security;
alter table romashka.channel_syncs force row level security;

-- How far a mailbox has been read, and which process reads it.
create table if not exists romashka.mailboxes (
  workspace_id uuid not null default public.current_workspace_id(),
  channel_id uuid not null,
  uid_validity bigint,
  last_uid bigint not null default 0,
  lease_id uuid,
  locked_by text,
  leased_until timestamptz not null default now(),
  failures integer not null default 0,
  last_error text,
  read_at timestamptz,
  created_at timestamptz not null default now(),
  constraint mailboxes_pkey primary key (channel_id, workspace_id),
  constraint mailboxes_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint mailboxes_uid_validity_check check (uid_validity between 1 and 4294967295),
  constraint mailboxes_last_uid_check check (last_uid between 0 and 4294967295),
  constraint mailboxes_failures_check check (failures >= 0)
) with (fillfactor = 70);
comment on table romashka.mailboxes is 'How far the mailbox of a channel has been read (IMAP''s UIDVALIDITY and UID), and which process has it open: one at a time.';
revoke all on romashka.mailboxes from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.mailboxes enable row level security;
alter table romashka.mailboxes force row level security;

create table if not exists public.webhook_events (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  channel_id uuid,
  event_type text not null,
  source text not null,
  payload jsonb not null,
  headers jsonb not null default '{}',
  raw_body bytea,
  dedupe_key text,
  ordering_key text,
  status text not null default 'pending',
  processed boolean not null default false,
  processing_attempts integer not null default 0,
  max_attempts integer not null default 10,
  items_found integer,
  items_handled integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  error_message text,
  created_at timestamptz not null default now(),
  processed_at timestamptz,
  constraint webhook_events_pkey primary key (id, workspace_id, created_at),
  constraint webhook_events_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint webhook_events_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint webhook_events_event_type_check check (length(event_type) between 1 and 200),
  constraint webhook_events_source_check check (source in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'webhook', 'api', 'integration')),
  constraint webhook_events_payload_check check (jsonb_typeof(payload) is not null),
  constraint webhook_events_headers_check check (jsonb_typeof(headers) = 'object'),
  constraint webhook_events_dedupe_key_check check (length(dedupe_key) between 1 and 1000),
  constraint webhook_events_ordering_key_check check (length(ordering_key) between 1 and 1000),
  constraint webhook_events_status_check check (status in ('pending', 'processing', 'processed', 'failed', 'dead', 'quarantined')),
  constraint webhook_events_processed_check check (processed = (status = 'processed') and processed = (processed_at is not null)),
  constraint webhook_events_processing_attempts_check check (processing_attempts >= 0),
  constraint webhook_events_max_attempts_check check (max_attempts between 1 and 1000),
  constraint webhook_events_items_handled_check check (items_handled >= 0 and (items_found is null or items_handled <= items_found)),
  constraint webhook_events_lease_id_check check ((lease_id is not null) = (status = 'processing'))
) partition by range (created_at);
comment on table public.webhook_events is 'What channels sent us, raw, stored before it is acknowledged; and the queue it is processed from.';
create table if not exists romashka_partitions.webhook_events_default partition of public.webhook_events default;
alter table romashka_partitions.webhook_events_default enable row level security;
alter table romashka_partitions.webhook_events_default force row level security;
create index if not exists idx_webhook_events_created_at on public.webhook_events (workspace_id, created_at desc, id);
create index if not exists idx_webhook_events_processed on public.webhook_events (next_attempt_at) where status in ('pending', 'processing');
create index if not exists webhook_events_ordering_key_idx on public.webhook_events (workspace_id, ordering_key, created_at, id)
  where status in ('pending', 'processing');
create index if not exists webhook_events_status_idx on public.webhook_events (workspace_id, status, created_at) where status in ('dead', 'quarantined');
create index if not exists webhook_events_channel_id_idx on public.webhook_events (channel_id, workspace_id) where channel_id is not null;

-- A unique key over all months cannot be on a table that is partitioned by month.
create table if not exists romashka.webhook_event_keys (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  source text not null,
  dedupe_key text not null,
  event_id uuid not null,
  created_at timestamptz not null default now(),
  constraint webhook_event_keys_pkey primary key (id, workspace_id),
  constraint webhook_event_keys_dedupe_key_key unique (workspace_id, source, dedupe_key),
  constraint webhook_event_keys_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade
);
comment on table romashka.webhook_event_keys is 'What has arrived already, by the key its sender gives it, so that it is stored once.';
create index if not exists webhook_event_keys_created_at_idx on romashka.webhook_event_keys using brin (created_at);
revoke all on romashka.webhook_event_keys from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.webhook_event_keys enable row level security;
alter table romashka.webhook_event_keys force row level security;

create table if not exists public.canned_responses (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  title text not null,
  content text not null,
  shortcut text,
  category text not null default 'general',
  language text not null default 'en',
  usage_count integer not null default 0,
  last_used_at timestamptz,
  created_by uuid,
  is_public boolean not null default true,
  is_active boolean not null default true,
  tags text[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint canned_responses_pkey primary key (id, workspace_id),
  constraint canned_responses_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint canned_responses_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint canned_responses_title_check check (length(title) between 1 and 255),
  constraint canned_responses_content_check check (length(content) between 1 and 100000),
  constraint canned_responses_shortcut_check check (shortcut ~ '^/[^\s/]{1,49}$'),
  constraint canned_responses_language_check check (length(language) between 2 and 35),
  constraint canned_responses_usage_count_check check (usage_count >= 0)
);
comment on table public.canned_responses is 'Answers that agents insert by a shortcut. A private one is seen by its author alone.';
create unique index if not exists idx_canned_responses_shortcut on public.canned_responses
  (workspace_id, lower(shortcut), language, coalesce(case when not is_public then created_by end, '00000000-0000-0000-0000-000000000000'::uuid))
  where shortcut is not null and is_active;
create index if not exists idx_canned_responses_category on public.canned_responses (workspace_id, category, usage_count desc) where is_active;
create index if not exists idx_canned_responses_language on public.canned_responses (workspace_id, language, title);
create index if not exists canned_responses_title_idx on public.canned_responses (workspace_id, title, id);
create index if not exists canned_responses_created_at_idx on public.canned_responses (workspace_id, created_at desc, id desc);
create index if not exists canned_responses_usage_count_idx on public.canned_responses (workspace_id, usage_count desc, id desc);
create index if not exists canned_responses_created_by_idx on public.canned_responses (created_by) where created_by is not null;
