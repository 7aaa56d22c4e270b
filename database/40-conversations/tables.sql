-- Purpose: conversations and everything in them.
-- Invariants: counters equal a recount after any parallel run; what changes with each message is in no index (heap-only updates).
-- Who writes: channels by ingest_message, agents and the API by the verbs, SQL users directly; triggers keep the counters.
-- The values that a column may have are domains (00-foundation/prelude.sql), not CHECKs of the table: those are read anew by every statement.
-- Lock risk: a message locks its conversation's row; nothing else.

create table if not exists public.conversations (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  number bigint not null,
  customer_id uuid,
  user_name text,
  user_email text,
  assigned_agent_id uuid,
  team_id uuid,
  status romashka.conversation_status not null default 'active',
  priority romashka.priority not null default 'normal',
  channel_type romashka.channel_type not null default 'website',
  channel_id uuid,
  external_conversation_id text,
  subject text,
  customer_phone text,
  customer_social_id text,
  tags text[] not null default '{}',
  satisfaction_score romashka.rating,
  satisfaction_comment text,
  rated_at timestamptz,
  resolution_time_seconds integer,
  handoff_reason text,
  department text not null default 'general',
  language text not null default 'en',
  sentiment romashka.sentiment,
  intent text,
  ai_confidence romashka.share,
  business_context romashka.json_fields not null default '{}',
  custom_attributes romashka.json_fields not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_message_at timestamptz not null default now(),
  last_message_id uuid,
  last_message text,
  message_count integer not null default 0,
  waiting_since timestamptz,
  first_response_at timestamptz,
  queued_at timestamptz,
  snoozed_until timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  reopen_count integer not null default 0,
  merged_into_id uuid,
  merged_at timestamptz,
  sla_policy_id uuid,
  workflow_id uuid,
  routing_rule_id uuid,
  reply_channel_type romashka.channel_type,
  fallback_channel_type romashka.channel_type,
  constraint conversations_pkey primary key (id, workspace_id),
  constraint conversations_number_key unique (workspace_id, number),
  constraint conversations_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint conversations_customer_id_fkey foreign key (customer_id, workspace_id) references public.customer_profiles (id, workspace_id),
  constraint conversations_assigned_agent_id_fkey foreign key (assigned_agent_id) references public.profiles (id) on delete set null,
  constraint conversations_team_id_fkey foreign key (team_id, workspace_id) references public.teams (id, workspace_id),
  constraint conversations_channel_id_fkey foreign key (channel_id, workspace_id) references public.communication_channels (id, workspace_id),
  constraint conversations_merged_into_id_fkey foreign key (merged_into_id, workspace_id) references public.conversations (id, workspace_id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
comment on table public.conversations is 'One talk with one customer on one channel, with its state and counters.';
create index if not exists idx_conversations_agent_id on public.conversations (assigned_agent_id, workspace_id, created_at desc) where assigned_agent_id is not null;
create index if not exists idx_conversations_agent_status on public.conversations (workspace_id, assigned_agent_id, status) where status in ('active', 'escalated');
create index if not exists idx_conversations_channel_type on public.conversations (workspace_id, channel_type, created_at desc);
create index if not exists idx_conversations_created_at on public.conversations (workspace_id, created_at desc, id desc);
create index if not exists idx_conversations_customer_id on public.conversations (customer_id, workspace_id, created_at desc);
create index if not exists idx_conversations_status on public.conversations (workspace_id, status, queued_at) where assigned_agent_id is null and status in ('active', 'escalated');
create index if not exists idx_conversations_status_created_at on public.conversations (workspace_id, status, created_at desc, id desc);
-- For statements that do not name the workspace: a policy's list of workspaces gives no order.
create index if not exists conversations_status_created_at_idx on public.conversations (status, created_at desc, id desc);
create index if not exists conversations_channel_id_idx on public.conversations (channel_id, workspace_id) where channel_id is not null;
create index if not exists conversations_team_id_idx on public.conversations (team_id, workspace_id) where team_id is not null;
create index if not exists conversations_merged_into_id_idx on public.conversations (merged_into_id, workspace_id) where merged_into_id is not null;
create index if not exists conversations_snoozed_until_idx on public.conversations (snoozed_until) where snoozed_until is not null;
create index if not exists conversations_resolved_at_idx on public.conversations (workspace_id, resolved_at) where resolved_at is not null;

create table if not exists public.messages (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  sender_type romashka.sender_type not null,
  sender_id uuid,
  content text not null,
  channel_type romashka.channel_type not null default 'website',
  channel_id uuid,
  external_message_id text,
  message_type romashka.message_type not null default 'text',
  media_url text,
  media_caption text,
  delivery_status romashka.delivery_status not null default 'sent',
  metadata romashka.json_fields not null default '{}',
  confidence_score romashka.share,
  processing_time_ms integer,
  intent_detected text,
  knowledge_sources jsonb not null default '{}',
  tokens_used integer,
  language text,
  is_quiet boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default now(),
  constraint messages_pkey primary key (id, workspace_id),
  constraint messages_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint messages_sender_id_fkey foreign key (sender_id) references public.profiles (id) on delete set null
) with (fillfactor = 95, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
comment on table public.messages is 'What was said: by the customer (user), the assistant (ai) or a person (agent).';
create index if not exists idx_messages_conversation_created on public.messages (conversation_id, created_at, id);
create index if not exists idx_messages_conversation_id on public.messages (conversation_id, workspace_id) where message_type <> 'text';
create index if not exists idx_messages_created_at on public.messages using brin (created_at) with (pages_per_range = 32, autosummarize = on);
create index if not exists idx_messages_sender_type on public.messages (sender_id, sender_type, created_at desc) where sender_id is not null;
create unique index if not exists messages_external_message_id_key on public.messages
  (workspace_id, channel_type, coalesce(channel_id, '00000000-0000-0000-0000-000000000000'::uuid), external_message_id) where external_message_id is not null;
create index if not exists idx_messages_content_trgm on public.messages using gin (content extensions.gin_trgm_ops);
create index if not exists messages_search_idx on public.messages using gin (romashka.message_document(workspace_id, created_at, language, content));

-- What is to be said later is not said yet: it becomes a message, with all that follows from one, when it is due.
create table if not exists public.scheduled_messages (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  sender_id uuid,
  content text not null,
  message_type text not null default 'text',
  metadata jsonb not null default '{}',
  send_at timestamptz not null,
  status text not null default 'scheduled',
  message_id uuid,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint scheduled_messages_pkey primary key (id, workspace_id),
  constraint scheduled_messages_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint scheduled_messages_sender_id_fkey foreign key (sender_id) references public.profiles (id) on delete set null,
  constraint scheduled_messages_status_check check (status in ('scheduled', 'sent', 'cancelled', 'failed')),
  constraint scheduled_messages_message_type_check check (message_type in ('text', 'image', 'audio', 'video', 'document', 'location', 'contact', 'sticker', 'reaction', 'template', 'interactive')),
  constraint scheduled_messages_metadata_check check (jsonb_typeof(metadata) = 'object'),
  constraint scheduled_messages_message_id_check check ((message_id is not null) = (status = 'sent'))
);
comment on table public.scheduled_messages is 'Answers that are to be sent later.';
create index if not exists scheduled_messages_conversation_id_idx on public.scheduled_messages (conversation_id, workspace_id, send_at, id);
create index if not exists scheduled_messages_send_at_idx on public.scheduled_messages (send_at) where status = 'scheduled';
create index if not exists scheduled_messages_status_idx on public.scheduled_messages (workspace_id, created_at) where status = 'failed';
create index if not exists scheduled_messages_sender_id_idx on public.scheduled_messages (sender_id) where sender_id is not null;

create table if not exists public.conversation_analytics (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  started_at timestamptz not null,
  first_response_at timestamptz,
  resolved_at timestamptz,
  total_duration_seconds integer,
  first_response_seconds integer,
  first_response_business_seconds integer,
  resolution_business_seconds integer,
  total_messages integer not null default 0,
  customer_messages integer not null default 0,
  ai_messages integer not null default 0,
  agent_messages integer not null default 0,
  resolved_by romashka.resolver,
  resolved_by_id uuid,
  resolution_type romashka.resolution,
  handoff_count integer not null default 0,
  agent_switches integer not null default 0,
  customer_satisfaction numeric,
  ai_accuracy_score numeric,
  knowledge_items_used integer not null default 0,
  lead_qualified boolean not null default false,
  revenue_generated numeric not null default 0,
  follow_up_required boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint conversation_analytics_pkey primary key (id, workspace_id),
  constraint conversation_analytics_conversation_id_key unique (conversation_id, workspace_id),
  constraint conversation_analytics_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
comment on table public.conversation_analytics is 'The figures of one conversation, kept by triggers; roll-ups and reports are made from here.';

create table if not exists public.conversation_context (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  context_data jsonb not null default '{}',
  last_intent text,
  conversation_summary text,
  key_entities jsonb,
  customer_preferences jsonb,
  updated_at timestamptz not null default now(),
  constraint conversation_context_pkey primary key (id, workspace_id),
  constraint conversation_context_conversation_id_key unique (conversation_id, workspace_id),
  constraint conversation_context_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint conversation_context_context_data_check check (jsonb_typeof(context_data) = 'object'),
  constraint conversation_context_key_entities_check check (jsonb_typeof(key_entities) in ('object', 'array')),
  constraint conversation_context_customer_preferences_check check (jsonb_typeof(customer_preferences) = 'object')
);
comment on table public.conversation_context is 'What the assistant remembers of a conversation.';

create table if not exists public.conversation_notes (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  agent_id uuid,
  note text not null,
  is_internal boolean not null default true,
  note_type text not null default 'general',
  mentions uuid[] not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint conversation_notes_pkey primary key (id, workspace_id),
  constraint conversation_notes_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint conversation_notes_agent_id_fkey foreign key (agent_id) references public.profiles (id) on delete set null,
  constraint conversation_notes_note_type_check check (note_type in ('general', 'escalation', 'resolution'))
);
comment on table public.conversation_notes is 'Notes of agents for agents; the customer never sees them.';
create index if not exists conversation_notes_conversation_id_idx on public.conversation_notes (conversation_id, workspace_id, created_at);
create index if not exists conversation_notes_agent_id_idx on public.conversation_notes (agent_id) where agent_id is not null;

create table if not exists public.conversation_transfers (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  from_agent_id uuid,
  to_agent_id uuid,
  to_team_id uuid,
  transfer_reason text,
  transfer_type text not null default 'manual',
  transfer_time timestamptz not null default now(),
  expires_at timestamptz,
  accepted_at timestamptz,
  rejected_at timestamptz,
  status text not null default 'pending',
  constraint conversation_transfers_pkey primary key (id, workspace_id),
  constraint conversation_transfers_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint conversation_transfers_from_agent_id_fkey foreign key (from_agent_id) references public.profiles (id) on delete set null,
  constraint conversation_transfers_to_agent_id_fkey foreign key (to_agent_id) references public.profiles (id) on delete set null,
  constraint conversation_transfers_to_team_id_fkey foreign key (to_team_id, workspace_id) references public.teams (id, workspace_id) on delete cascade,
  constraint conversation_transfers_transfer_type_check check (transfer_type in ('manual', 'automatic', 'escalation')),
  constraint conversation_transfers_status_check check (status in ('pending', 'accepted', 'rejected', 'expired'))
);
comment on table public.conversation_transfers is 'Every hand-over from one agent to another: asked for, accepted, rejected or expired.';
create index if not exists conversation_transfers_conversation_id_idx on public.conversation_transfers (conversation_id, workspace_id, transfer_time);
create index if not exists conversation_transfers_from_agent_id_idx on public.conversation_transfers (from_agent_id) where from_agent_id is not null;
create index if not exists conversation_transfers_to_agent_id_idx on public.conversation_transfers (to_agent_id) where to_agent_id is not null;
create index if not exists conversation_transfers_to_team_id_idx on public.conversation_transfers (to_team_id, workspace_id) where to_team_id is not null;
create unique index if not exists conversation_transfers_pending_key on public.conversation_transfers (conversation_id, workspace_id) where status = 'pending';

create table if not exists public.conversation_participants (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  user_id uuid not null,
  role text not null default 'follower',
  created_at timestamptz not null default now(),
  constraint conversation_participants_pkey primary key (id, workspace_id),
  constraint conversation_participants_user_id_key unique (conversation_id, workspace_id, user_id),
  constraint conversation_participants_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint conversation_participants_user_id_fkey foreign key (user_id, workspace_id) references public.workspace_members (user_id, workspace_id) on delete cascade,
  constraint conversation_participants_role_check check (role in ('follower', 'mentioned'))
);
comment on table public.conversation_participants is 'Members who follow a conversation or were mentioned in it.';
create index if not exists conversation_participants_user_id_idx on public.conversation_participants (user_id, workspace_id);

create table if not exists public.conversation_reads (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  user_id uuid not null,
  read_at timestamptz not null default now(),
  last_read_message_id uuid,
  constraint conversation_reads_pkey primary key (id, workspace_id),
  constraint conversation_reads_user_id_key unique (conversation_id, workspace_id, user_id),
  constraint conversation_reads_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint conversation_reads_user_id_fkey foreign key (user_id, workspace_id) references public.workspace_members (user_id, workspace_id) on delete cascade
) with (fillfactor = 80);
comment on table public.conversation_reads is 'How far each member has read a conversation; unread when last_message_at is later.';
create index if not exists conversation_reads_user_id_idx on public.conversation_reads (user_id, workspace_id);

create table if not exists public.conversation_thread_keys (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  channel_type text not null,
  channel_id uuid not null default '00000000-0000-0000-0000-000000000000',
  thread_key text not null,
  created_at timestamptz not null default now(),
  constraint conversation_thread_keys_pkey primary key (id, workspace_id),
  constraint conversation_thread_keys_thread_key_key unique (workspace_id, channel_type, channel_id, thread_key),
  constraint conversation_thread_keys_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint conversation_thread_keys_thread_key_check check (length(thread_key) between 1 and 1000)
);
comment on table public.conversation_thread_keys is 'Ids by which a channel refers to a conversation (Message-ID, In-Reply-To, References), also of messages not seen yet.';
create index if not exists conversation_thread_keys_conversation_id_idx on public.conversation_thread_keys (conversation_id, workspace_id);

create table if not exists public.file_attachments (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid,
  message_id uuid,
  filename text not null,
  file_path text not null,
  file_size bigint,
  mime_type text,
  file_hash text,
  content_id text,
  uploaded_by uuid,
  visitor_session_id uuid,
  storage_provider text not null default 'supabase',
  is_public boolean not null default false,
  created_at timestamptz not null default now(),
  constraint file_attachments_pkey primary key (id, workspace_id),
  constraint file_attachments_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint file_attachments_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint file_attachments_message_id_fkey foreign key (message_id, workspace_id) references public.messages (id, workspace_id) on delete cascade,
  constraint file_attachments_uploaded_by_fkey foreign key (uploaded_by) references public.profiles (id) on delete set null,
  constraint file_attachments_storage_provider_check check (storage_provider in ('supabase', 'aws', 'gcs', 's3', 'local')),
  constraint file_attachments_file_size_check check (file_size >= 0),
  constraint file_attachments_file_hash_check check (file_hash is null or file_hash ~ '^[0-9a-f]{64}$'),
  constraint file_attachments_filename_check check (length(filename) >= 1 and length(filename) <= 255 and filename !~ '[/\\]')
);
comment on table public.file_attachments is 'Files of messages. The bytes are in the storage named, found by file_path.';
create index if not exists file_attachments_workspace_id_idx on public.file_attachments (workspace_id, created_at desc);
create index if not exists file_attachments_conversation_id_idx on public.file_attachments (conversation_id, workspace_id) where conversation_id is not null;
create index if not exists file_attachments_message_id_idx on public.file_attachments (message_id, workspace_id) where message_id is not null;
create index if not exists file_attachments_uploaded_by_idx on public.file_attachments (uploaded_by) where uploaded_by is not null;
create index if not exists file_attachments_visitor_session_id_idx on public.file_attachments (visitor_session_id, created_at) where visitor_session_id is not null;
create index if not exists file_attachments_unsent_idx on public.file_attachments (workspace_id, created_at) where message_id is null and visitor_session_id is not null;
create index if not exists file_attachments_file_hash_idx on public.file_attachments (file_hash) where file_hash is not null;

-- Without a foreign key: the bytes must go also when the workspace itself is deleted.
create table if not exists romashka.removed_files (
  id uuid not null,
  workspace_id uuid not null default public.current_workspace_id(),
  storage_provider text not null,
  file_path text not null,
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  error_message text,
  removed_at timestamptz not null default now(),
  constraint removed_files_pkey primary key (id, workspace_id),
  constraint removed_files_storage_provider_check check (storage_provider in ('s3', 'local')),
  constraint removed_files_attempt_count_check check (attempt_count >= 0)
) with (fillfactor = 70);
comment on table romashka.removed_files is 'Files whose rows are gone and whose bytes are to go: the queue they are removed from.';
create index if not exists removed_files_next_attempt_at_idx on romashka.removed_files (next_attempt_at);
revoke all on romashka.removed_files from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.removed_files enable row level security;
alter table romashka.removed_files force row level security;

create table if not exists public.saved_views (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid,
  name text not null,
  filters jsonb not null default '{}',
  sort text not null default 'created_at',
  is_shared boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint saved_views_pkey primary key (id, workspace_id),
  constraint saved_views_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint saved_views_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint saved_views_sort_check check (sort in ('created_at', 'last_message_at', 'waiting_since', 'priority')),
  constraint saved_views_filters_check check (jsonb_typeof(filters) = 'object')
);
comment on table public.saved_views is 'Filters of the inbox that a person, or the workspace, keeps.';
create index if not exists saved_views_workspace_id_idx on public.saved_views (workspace_id, user_id);
create index if not exists saved_views_user_id_idx on public.saved_views (user_id) where user_id is not null;

-- Lost in a crash, after which every connection is made anew.
create unlogged table if not exists public.presence (
  id uuid not null,
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid,
  conversation_id uuid,
  typing_until timestamptz,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint presence_pkey primary key (id, workspace_id),
  constraint presence_user_id_fkey foreign key (user_id, workspace_id) references public.workspace_members (user_id, workspace_id) on delete cascade,
  constraint presence_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint presence_typing_until_check check (typing_until is null or conversation_id is not null)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
comment on table public.presence is 'Who is there now: one row a live connection, with the conversation in view; one without a person for a visitor of the site who types. Counts only until expires_at.';
create index if not exists presence_user_id_idx on public.presence (user_id, workspace_id);
create index if not exists presence_conversation_id_idx on public.presence (conversation_id, workspace_id) where conversation_id is not null;
create index if not exists presence_expires_at_idx on public.presence (workspace_id, expires_at);
