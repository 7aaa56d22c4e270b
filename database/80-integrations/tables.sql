-- Purpose: other systems: what is sent to customers' channels (deliveries), to subscribers (webhooks out), and to and from CRMs (sync jobs).
-- Invariants: credentials are envelopes; a queue's item is held by one worker at a time, in the order of its key; a delivery never goes backwards;
--   one delivery a message and channel; each event of the ledger is put out once for each subscription.
-- Who writes: admins set up; verbs put in; the server's workers claim, complete and fail.
-- Lock risk: row locks, skipped by whoever claims; webhook_logs is partitioned by month.

create table if not exists public.integrations (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  type text not null,
  provider text not null,
  status text not null default 'inactive',
  configuration jsonb not null default '{}',
  credentials jsonb not null default '{}',
  sync_settings jsonb not null default '{}',
  last_sync_at timestamptz,
  sync_frequency integer not null default 3600,
  error_count integer not null default 0,
  last_error text,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint integrations_pkey primary key (id, workspace_id),
  constraint integrations_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint integrations_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint integrations_name_check check (length(name) between 1 and 255),
  constraint integrations_type_check check (type in ('crm', 'helpdesk', 'ecommerce', 'email_marketing')),
  constraint integrations_provider_check check (provider in ('salesforce', 'hubspot', 'zendesk', 'shopify')),
  constraint integrations_status_check check (status in ('active', 'inactive', 'error', 'pending_setup')),
  constraint integrations_configuration_check check (jsonb_typeof(configuration) = 'object'),
  constraint integrations_credentials_check check (romashka.is_envelope(credentials)),
  constraint integrations_sync_settings_check check (jsonb_typeof(sync_settings) = 'object'),
  constraint integrations_sync_frequency_check check (sync_frequency > 0),
  constraint integrations_error_count_check check (error_count >= 0)
);
comment on table public.integrations is 'Accounts in other systems that data is exchanged with.';
create index if not exists idx_integrations_status on public.integrations (workspace_id, status, type);
create index if not exists integrations_created_by_idx on public.integrations (created_by) where created_by is not null;

create table if not exists public.integration_field_mappings (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  integration_id uuid,
  source_entity text not null,
  target_entity text not null,
  source_field text not null,
  target_field text not null,
  transformation_rule text,
  is_required boolean not null default false,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint integration_field_mappings_pkey primary key (id, workspace_id),
  constraint integration_field_mappings_source_field_key unique (integration_id, workspace_id, source_entity, source_field, target_entity, target_field),
  constraint integration_field_mappings_integration_id_fkey foreign key (integration_id, workspace_id) references public.integrations (id, workspace_id) on delete cascade,
  constraint integration_field_mappings_integration_id_check check (integration_id is not null),
  constraint integration_field_mappings_source_entity_check check (source_entity in ('conversation', 'customer', 'message')),
  constraint integration_field_mappings_target_entity_check check (target_entity in ('contact', 'deal', 'ticket'))
);
comment on table public.integration_field_mappings is 'Which of our fields goes into which field of the other system.';

create table if not exists public.sync_jobs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  integration_id uuid,
  job_type text not null,
  direction text not null,
  status text not null default 'pending',
  records_processed integer not null default 0,
  records_total integer not null default 0,
  attempt_count integer not null default 0,
  max_attempts integer not null default 5,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  started_at timestamptz,
  completed_at timestamptz,
  error_details jsonb,
  created_at timestamptz not null default now(),
  constraint sync_jobs_pkey primary key (id, workspace_id),
  constraint sync_jobs_integration_id_fkey foreign key (integration_id, workspace_id) references public.integrations (id, workspace_id) on delete cascade,
  constraint sync_jobs_integration_id_check check (integration_id is not null),
  constraint sync_jobs_job_type_check check (job_type in ('full_sync', 'incremental', 'real_time')),
  constraint sync_jobs_direction_check check (direction in ('inbound', 'outbound', 'bidirectional')),
  constraint sync_jobs_status_check check (status in ('pending', 'running', 'completed', 'failed', 'dead')),
  constraint sync_jobs_records_processed_check check (records_processed >= 0),
  constraint sync_jobs_records_total_check check (records_total >= 0),
  constraint sync_jobs_attempt_count_check check (attempt_count >= 0),
  constraint sync_jobs_max_attempts_check check (max_attempts between 1 and 1000),
  constraint sync_jobs_lease_id_check check (lease_id is null or status = 'running'),
  constraint sync_jobs_error_details_check check (jsonb_typeof(error_details) in ('object', 'array'))
) with (fillfactor = 80);
comment on table public.sync_jobs is 'Orders to exchange data with another system: a queue, in order for each integration.';
create index if not exists sync_jobs_integration_id_idx on public.sync_jobs (integration_id, workspace_id, created_at, id);
create index if not exists sync_jobs_next_attempt_at_idx on public.sync_jobs (next_attempt_at) where status in ('pending', 'running');
create index if not exists sync_jobs_status_idx on public.sync_jobs (workspace_id, created_at) where status = 'dead';

create table if not exists public.webhook_subscriptions (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  integration_id uuid,
  event_type text not null,
  webhook_url text not null,
  secret_key text,
  previous_secret_key text,
  previous_secret_until timestamptz,
  private_key text,
  public_key text,
  previous_private_key text,
  previous_private_until timestamptz,
  is_active boolean not null default true,
  retry_count integer not null default 3,
  timeout_seconds integer not null default 30,
  last_triggered timestamptz,
  success_count integer not null default 0,
  failure_count integer not null default 0,
  failures_in_a_row integer not null default 0,
  first_failed_at timestamptz,
  last_failed_at timestamptz,
  failing_since timestamptz,
  warned_at timestamptz,
  notice_due text,
  disabled_at timestamptz,
  disabled_reason text,
  created_at timestamptz not null default now(),
  constraint webhook_subscriptions_pkey primary key (id, workspace_id),
  constraint webhook_subscriptions_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint webhook_subscriptions_integration_id_fkey foreign key (integration_id, workspace_id) references public.integrations (id, workspace_id) on delete cascade,
  constraint webhook_subscriptions_event_type_check check (event_type ~ '^(\*|[a-z_]+\.(\*|[a-z_]+))$'),
  constraint webhook_subscriptions_webhook_url_check check (webhook_url ~ '^https?://[^\s@/#]+([/?][^\s#]*)?$' and length(webhook_url) <= 2048),
  constraint webhook_subscriptions_secret_key_check check (romashka.is_envelope(secret_key)),
  constraint webhook_subscriptions_previous_secret_key_check check (romashka.is_envelope(previous_secret_key)),
  constraint webhook_subscriptions_private_key_check check (romashka.is_envelope(private_key)),
  constraint webhook_subscriptions_previous_private_key_check check (romashka.is_envelope(previous_private_key)),
  constraint webhook_subscriptions_public_key_check check (public_key is null or (public_key ~ '^whpk_[A-Za-z0-9+/]{43}=$' and private_key is not null)),
  constraint webhook_subscriptions_notice_due_check check (notice_due in ('failing', 'disabled')),
  constraint webhook_subscriptions_retry_count_check check (retry_count between 0 and 50),
  constraint webhook_subscriptions_timeout_seconds_check check (timeout_seconds between 1 and 120),
  constraint webhook_subscriptions_success_count_check check (success_count >= 0 and failure_count >= 0 and failures_in_a_row >= 0)
) with (fillfactor = 80);
comment on table public.webhook_subscriptions is 'Who is told of which events, at which address.';
create index if not exists webhook_subscriptions_workspace_id_idx on public.webhook_subscriptions (workspace_id, is_active, event_type);
create index if not exists webhook_subscriptions_integration_id_idx on public.webhook_subscriptions (integration_id, workspace_id) where integration_id is not null;

create table if not exists public.webhook_logs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  webhook_subscription_id uuid,
  event_id bigint,
  event_type text not null,
  payload jsonb,
  ordering_key text,
  status text not null default 'pending',
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  attempts jsonb not null default '[]',
  response_status integer,
  response_body text,
  error_message text,
  processing_time_ms integer,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint webhook_logs_pkey primary key (id, workspace_id, created_at),
  constraint webhook_logs_webhook_subscription_id_fkey foreign key (webhook_subscription_id, workspace_id) references public.webhook_subscriptions (id, workspace_id) on delete cascade,
  constraint webhook_logs_webhook_subscription_id_check check (webhook_subscription_id is not null),
  constraint webhook_logs_payload_check check (jsonb_typeof(payload) is not null or payload is null),
  constraint webhook_logs_attempts_check check (jsonb_typeof(attempts) = 'array'),
  constraint webhook_logs_status_check check (status in ('pending', 'sending', 'succeeded', 'failed', 'dead')),
  constraint webhook_logs_attempt_count_check check (attempt_count >= 0),
  constraint webhook_logs_response_status_check check (response_status between 100 and 599),
  constraint webhook_logs_processing_time_ms_check check (processing_time_ms >= 0),
  constraint webhook_logs_lease_id_check check ((lease_id is not null) = (status = 'sending'))
) partition by range (created_at);
comment on table public.webhook_logs is 'Each event put out to each subscriber: the queue, the last answer, and the history of attempts. The id is the receiver''s idempotency key.';
create table if not exists romashka_partitions.webhook_logs_default partition of public.webhook_logs default;
alter table romashka_partitions.webhook_logs_default enable row level security;
alter table romashka_partitions.webhook_logs_default force row level security;
create index if not exists webhook_logs_webhook_subscription_id_idx on public.webhook_logs (webhook_subscription_id, workspace_id, created_at desc);
create index if not exists webhook_logs_workspace_id_idx on public.webhook_logs (workspace_id, created_at desc, id);
create index if not exists webhook_logs_next_attempt_at_idx on public.webhook_logs (next_attempt_at) where status in ('pending', 'sending');
create index if not exists webhook_logs_ordering_key_idx on public.webhook_logs (workspace_id, webhook_subscription_id, ordering_key, created_at, id)
  where status in ('pending', 'sending');
create index if not exists webhook_logs_status_idx on public.webhook_logs (workspace_id, created_at) where status = 'dead';

create table if not exists public.message_delivery_tracking (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  message_id uuid,
  channel_type text not null,
  channel_id uuid,
  purpose text not null default 'answer',
  covers_until timestamptz,
  external_message_id text,
  delivery_status text not null default 'sent',
  delivery_timestamp timestamptz,
  read_timestamp timestamptz,
  sent_at timestamptz,
  error_details jsonb,
  retry_count integer not null default 0,
  max_retries integer not null default 3,
  attempt_count integer not null default 0,
  ordering_key text,
  send_after timestamptz not null default clock_timestamp(),
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  is_uncertain boolean not null default false,
  attempted_at timestamptz,
  parts_sent integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint message_delivery_tracking_pkey primary key (id, workspace_id),
  constraint message_delivery_tracking_message_id_key unique (message_id, workspace_id, channel_type),
  constraint message_delivery_tracking_message_id_fkey foreign key (message_id, workspace_id) references public.messages (id, workspace_id) on delete cascade,
  constraint message_delivery_tracking_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint message_delivery_tracking_purpose_check check (purpose in ('answer', 'fallback', 'unread')),
  constraint message_delivery_tracking_message_id_check check (message_id is not null),
  constraint message_delivery_tracking_channel_type_check check (channel_type in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api')),
  constraint message_delivery_tracking_delivery_status_check check (delivery_status in ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'dead', 'cancelled')),
  constraint message_delivery_tracking_external_message_id_check check (length(external_message_id) between 1 and 1000),
  constraint message_delivery_tracking_error_details_check check (jsonb_typeof(error_details) = 'object'),
  constraint message_delivery_tracking_retry_count_check check (retry_count >= 0),
  constraint message_delivery_tracking_max_retries_check check (max_retries between 0 and 1000),
  constraint message_delivery_tracking_attempt_count_check check (attempt_count >= 0),
  constraint message_delivery_tracking_parts_sent_check check (parts_sent >= 0),
  constraint message_delivery_tracking_lease_id_check check ((lease_id is not null) = (delivery_status = 'sending'))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
comment on table public.message_delivery_tracking is 'Messages on their way out: the queue they are sent from, and how far each has come. One row a message and channel.';
create index if not exists message_delivery_tracking_channel_id_idx on public.message_delivery_tracking (channel_id, workspace_id) where channel_id is not null;
create unique index if not exists message_delivery_tracking_external_message_id_key on public.message_delivery_tracking
  (workspace_id, channel_type, external_message_id) where external_message_id is not null;
create index if not exists message_delivery_tracking_next_attempt_at_idx on public.message_delivery_tracking (next_attempt_at)
  where delivery_status in ('queued', 'sending');
create index if not exists message_delivery_tracking_ordering_key_idx on public.message_delivery_tracking (workspace_id, ordering_key, send_after, id)
  where delivery_status in ('queued', 'sending');
create index if not exists message_delivery_tracking_delivery_status_idx on public.message_delivery_tracking (workspace_id, created_at) where delivery_status = 'dead';

-- Files that customers sent by a provider that keeps them for a few days. A row goes when its file is stored.
create table if not exists romashka.media_fetches (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  channel_id uuid not null,
  message_id uuid not null,
  source jsonb not null,
  status text not null default 'pending',
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  error_message text,
  created_at timestamptz not null default now(),
  constraint media_fetches_pkey primary key (id, workspace_id),
  constraint media_fetches_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint media_fetches_message_id_fkey foreign key (message_id, workspace_id) references public.messages (id, workspace_id) on delete cascade,
  constraint media_fetches_source_check check (jsonb_typeof(source) = 'object'),
  constraint media_fetches_status_check check (status in ('pending', 'fetching', 'failed')),
  constraint media_fetches_attempt_count_check check (attempt_count >= 0),
  constraint media_fetches_lease_id_check check ((lease_id is not null) = (status = 'fetching'))
) with (fillfactor = 70);
comment on table romashka.media_fetches is 'Files that customers sent and that are still at the provider: the queue they are fetched from. The id is that of the attachment it becomes.';
create index if not exists media_fetches_next_attempt_at_idx on romashka.media_fetches (next_attempt_at) where status in ('pending', 'fetching');
create index if not exists media_fetches_channel_id_idx on romashka.media_fetches (channel_id, workspace_id);
create index if not exists media_fetches_message_id_idx on romashka.media_fetches (message_id, workspace_id);
revoke all on romashka.media_fetches from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.media_fetches enable row level security;
alter table romashka.media_fetches force row level security;

-- What a provider is to be told of how far we have read a talk, and that somebody types. One row a talk: only the newest counts.
create table if not exists romashka.read_marks (
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  channel_id uuid not null,
  external_message_id text not null,
  wants_typing boolean not null default false,
  is_pending boolean not null default true,
  told_message_id text,
  typing_told_at timestamptz,
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  created_at timestamptz not null default now(),
  constraint read_marks_pkey primary key (conversation_id, workspace_id),
  constraint read_marks_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint read_marks_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id) on delete cascade,
  constraint read_marks_attempt_count_check check (attempt_count >= 0)
) with (fillfactor = 70);
comment on table romashka.read_marks is 'What WhatsApp is to be told of each talk: up to which message it was read, and that somebody types.';
create index if not exists read_marks_next_attempt_at_idx on romashka.read_marks (next_attempt_at) where is_pending;
create index if not exists read_marks_channel_id_idx on romashka.read_marks (channel_id, workspace_id);
revoke all on romashka.read_marks from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.read_marks enable row level security;
alter table romashka.read_marks force row level security;
