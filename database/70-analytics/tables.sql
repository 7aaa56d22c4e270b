-- Purpose: roll-ups, live figures, reports and dashboards, service levels.
-- Invariants: a day's row equals a recount of the day; a dimension that is null never makes a second row; a running clock has a due time.
-- Who writes: aggregate_daily_metrics and refresh_realtime_metrics; triggers the clocks; admins policies and reports.
-- Lock risk: none beyond row locks.

create table if not exists public.daily_metrics (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  date date not null,
  channel_type text,
  department text,
  agent_id uuid,
  total_conversations integer not null default 0,
  resolved_conversations integer not null default 0,
  ai_resolved_conversations integer not null default 0,
  human_resolved_conversations integer not null default 0,
  abandoned_conversations integer not null default 0,
  reopened_conversations integer not null default 0,
  avg_first_response_time_seconds integer not null default 0,
  p50_first_response_time_seconds integer,
  p90_first_response_time_seconds integer,
  p95_first_response_time_seconds integer,
  avg_resolution_time_seconds integer not null default 0,
  p50_resolution_time_seconds integer,
  p90_resolution_time_seconds integer,
  p95_resolution_time_seconds integer,
  total_ratings integer not null default 0,
  avg_satisfaction_score numeric not null default 0,
  ai_confidence_avg numeric not null default 0,
  ai_accuracy_rate numeric not null default 0,
  handoff_rate numeric not null default 0,
  leads_generated integer not null default 0,
  sales_qualified_leads integer not null default 0,
  revenue_attributed numeric not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint daily_metrics_pkey primary key (id, workspace_id),
  constraint daily_metrics_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint daily_metrics_agent_id_fkey foreign key (agent_id) references public.profiles (id) on delete cascade,
  constraint daily_metrics_total_conversations_check check (total_conversations >= 0 and resolved_conversations <= total_conversations),
  constraint daily_metrics_resolved_conversations_check check
    (ai_resolved_conversations + human_resolved_conversations + abandoned_conversations <= resolved_conversations),
  constraint daily_metrics_handoff_rate_check check (handoff_rate between 0 and 1)
);
comment on table public.daily_metrics is
  'Figures of the conversations that began on a day of the workspace''s time zone: in total (no dimension), per channel, per department, per agent.';
create unique index if not exists idx_daily_metrics_date on public.daily_metrics
  (workspace_id, date, coalesce(channel_type, ''), coalesce(department, ''), coalesce(agent_id, '00000000-0000-0000-0000-000000000000'::uuid));
create index if not exists idx_daily_metrics_channel_type on public.daily_metrics (workspace_id, channel_type, date) where channel_type is not null;
create index if not exists idx_daily_metrics_agent_id on public.daily_metrics (agent_id, workspace_id, date) where agent_id is not null;

-- Appended to by whoever changes a conversation of an earlier day, never updated: writers do not wait for each other.
create table if not exists public.stale_metric_days (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  date date not null,
  created_at timestamptz not null default now(),
  constraint stale_metric_days_pkey primary key (id, workspace_id),
  constraint stale_metric_days_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade
);
comment on table public.stale_metric_days is 'Days whose roll-up has to be made anew, because a conversation of them changed afterwards.';
create index if not exists stale_metric_days_workspace_id_idx on public.stale_metric_days (workspace_id, date);

create table if not exists public.realtime_metrics (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  metric_name text not null,
  metric_value numeric not null,
  dimensions jsonb not null default '{}',
  "timestamp" timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '1 hour',
  constraint realtime_metrics_pkey primary key (id, workspace_id),
  constraint realtime_metrics_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint realtime_metrics_metric_name_check check (length(metric_name) between 1 and 100),
  constraint realtime_metrics_dimensions_check check (jsonb_typeof(dimensions) = 'object')
);
comment on table public.realtime_metrics is 'Figures of this moment, each for an hour unless said otherwise.';
create index if not exists realtime_metrics_metric_name_idx on public.realtime_metrics (workspace_id, metric_name, "timestamp" desc);
create index if not exists realtime_metrics_expires_at_idx on public.realtime_metrics (expires_at);

create table if not exists public.scheduled_reports (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  description text,
  report_type text not null,
  schedule_cron text not null,
  recipients text[] not null,
  filters jsonb not null default '{}',
  format text not null default 'pdf',
  last_sent_at timestamptz,
  next_run_at timestamptz,
  is_active boolean not null default true,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint scheduled_reports_pkey primary key (id, workspace_id),
  constraint scheduled_reports_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint scheduled_reports_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint scheduled_reports_name_check check (length(name) between 1 and 255),
  constraint scheduled_reports_report_type_check check (report_type in ('performance', 'satisfaction', 'ai_analytics', 'custom')),
  constraint scheduled_reports_format_check check (format in ('pdf', 'excel', 'csv')),
  constraint scheduled_reports_schedule_cron_check check (schedule_cron ~ '^(@(hourly|daily|weekly|monthly|yearly)|[^\s]+(\s+[^\s]+){4,5})$'),
  constraint scheduled_reports_filters_check check (jsonb_typeof(filters) = 'object')
);
comment on table public.scheduled_reports is 'Reports that are sent regularly.';
create index if not exists scheduled_reports_workspace_id_idx on public.scheduled_reports (workspace_id, created_at desc);
create index if not exists scheduled_reports_next_run_at_idx on public.scheduled_reports (next_run_at) where is_active;
create index if not exists scheduled_reports_created_by_idx on public.scheduled_reports (created_by) where created_by is not null;

create table if not exists public.report_runs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  report_id uuid not null,
  scheduled_for timestamptz not null,
  is_manual boolean not null default false,
  status text not null default 'pending',
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  first_day date,
  last_day date,
  row_count integer,
  filename text,
  content bytea,
  recipients text[] not null default '{}',
  error_message text,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint report_runs_pkey primary key (id, workspace_id),
  constraint report_runs_report_id_key unique (report_id, workspace_id, scheduled_for, is_manual),
  constraint report_runs_report_id_fkey foreign key (report_id, workspace_id) references public.scheduled_reports (id, workspace_id) on delete cascade,
  constraint report_runs_status_check check (status in ('pending', 'running', 'sent', 'failed')),
  constraint report_runs_attempt_count_check check (attempt_count >= 0),
  constraint report_runs_lease_id_check check ((lease_id is not null) = (status = 'running')),
  constraint report_runs_last_day_check check (first_day <= last_day),
  constraint report_runs_row_count_check check (row_count >= 0),
  constraint report_runs_filename_check check (length(filename) between 1 and 200),
  constraint report_runs_content_check check (octet_length(content) <= 5242880)
) with (fillfactor = 80);
comment on table public.report_runs is
  'Each time a report was due or asked for: the queue of those that are to be made, and the history with the files. One a report and moment.';
create index if not exists report_runs_created_at_idx on public.report_runs (report_id, workspace_id, created_at desc, id desc);
create index if not exists report_runs_next_attempt_at_idx on public.report_runs (next_attempt_at) where status in ('pending', 'running');
create index if not exists report_runs_completed_at_idx on public.report_runs (completed_at) where completed_at is not null;

create table if not exists public.tag_counts (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  applies_to text not null,
  tag text not null,
  use_count bigint not null,
  constraint tag_counts_pkey primary key (id, workspace_id),
  constraint tag_counts_tag_key unique (workspace_id, applies_to, tag),
  constraint tag_counts_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint tag_counts_applies_to_check check (applies_to in ('conversation', 'customer', 'article'))
) with (fillfactor = 80);
comment on table public.tag_counts is 'How many conversations, customers and articles have a tag, but for the changes of the last seconds in tag_changes.';
create index if not exists tag_counts_use_count_idx on public.tag_counts (workspace_id, applies_to, use_count desc, tag);

-- Appended to by whoever changes tags, never updated: writers of the same tag do not wait for each other.
create table if not exists public.tag_changes (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  applies_to text not null,
  tag text not null,
  delta integer not null,
  created_at timestamptz not null default now(),
  constraint tag_changes_pkey primary key (id, workspace_id),
  constraint tag_changes_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint tag_changes_applies_to_check check (applies_to in ('conversation', 'customer', 'article'))
);
comment on table public.tag_changes is 'Tags that were given and taken since they were last counted together.';
create index if not exists tag_changes_workspace_id_idx on public.tag_changes (workspace_id, applies_to, tag);

create table if not exists public.dashboard_configs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid,
  name text not null,
  is_default boolean not null default false,
  layout jsonb not null default '{}',
  filters jsonb not null default '{}',
  refresh_interval integer not null default 300,
  is_public boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint dashboard_configs_pkey primary key (id, workspace_id),
  constraint dashboard_configs_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint dashboard_configs_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint dashboard_configs_name_check check (length(name) between 1 and 255),
  constraint dashboard_configs_refresh_interval_check check (refresh_interval > 0),
  constraint dashboard_configs_layout_check check (jsonb_typeof(layout) in ('object', 'array')),
  constraint dashboard_configs_filters_check check (jsonb_typeof(filters) = 'object')
);
comment on table public.dashboard_configs is 'Dashboards: a person''s own, and those shown to the whole workspace.';
create index if not exists dashboard_configs_workspace_id_idx on public.dashboard_configs (workspace_id, user_id);
create index if not exists dashboard_configs_user_id_idx on public.dashboard_configs (user_id) where user_id is not null;

create table if not exists public.sla_policies (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  description text,
  position integer not null default 100,
  is_active boolean not null default true,
  priorities text[] not null default '{}',
  channel_types text[] not null default '{}',
  team_ids uuid[] not null default '{}',
  first_response_seconds integer,
  next_response_seconds integer,
  resolution_seconds integer,
  business_hours_only boolean not null default false,
  pause_while_waiting boolean not null default true,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint sla_policies_pkey primary key (id, workspace_id),
  constraint sla_policies_name_key unique (workspace_id, name),
  constraint sla_policies_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint sla_policies_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint sla_policies_name_check check (length(name) between 1 and 200),
  constraint sla_policies_priorities_check check (priorities <@ array['low', 'normal', 'high', 'urgent']),
  constraint sla_policies_channel_types_check check (channel_types <@ array['whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api']),
  constraint sla_policies_first_response_seconds_check check (first_response_seconds > 0),
  constraint sla_policies_next_response_seconds_check check (next_response_seconds > 0),
  constraint sla_policies_resolution_seconds_check check (resolution_seconds > 0)
);
comment on table public.sla_policies is 'What is promised to which conversations. The first active policy by position whose conditions fit applies; an empty condition fits all.';
create index if not exists sla_policies_position_idx on public.sla_policies (workspace_id, position, id) where is_active;
create index if not exists sla_policies_created_by_idx on public.sla_policies (created_by) where created_by is not null;

create table if not exists public.sla_tracking (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  conversation_id uuid not null,
  policy_id uuid,
  sla_type romashka.sla_type not null,
  target_time_seconds romashka.seconds not null,
  actual_time_seconds romashka.counter,
  status romashka.sla_status not null default 'pending',
  breach_reason text,
  business_hours_only boolean not null default false,
  started_at timestamptz not null default now(),
  due_at timestamptz,
  paused_at timestamptz,
  paused_seconds bigint not null default 0,
  remaining_seconds bigint,
  breached_at timestamptz,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  constraint sla_tracking_pkey primary key (id, workspace_id),
  constraint sla_tracking_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint sla_tracking_policy_id_fkey foreign key (policy_id, workspace_id) references public.sla_policies (id, workspace_id),
  constraint sla_tracking_paused_at_check check (paused_at is null or (due_at is null and remaining_seconds is not null))
) with (fillfactor = 80);
comment on table public.sla_tracking is
  'The clocks of conversations. A running one has due_at; one that waits for the customer has paused_at and remaining_seconds instead.';
create index if not exists sla_tracking_conversation_id_idx on public.sla_tracking (conversation_id, workspace_id);
create index if not exists sla_tracking_policy_id_idx on public.sla_tracking (policy_id, workspace_id) where policy_id is not null;
create index if not exists sla_tracking_due_at_idx on public.sla_tracking (workspace_id, due_at) where status = 'pending';
create index if not exists sla_tracking_created_at_idx on public.sla_tracking (workspace_id, created_at desc);

do $$ begin
  if not exists (select from pg_constraint where conname = 'conversations_sla_policy_id_fkey' and conrelid = 'public.conversations'::regclass) then
    alter table public.conversations add constraint conversations_sla_policy_id_fkey
      foreign key (sla_policy_id, workspace_id) references public.sla_policies (id, workspace_id);
  end if;
end $$;
do $$ begin
  if not exists (select from pg_constraint where conname = 'channel_routing_rules_sla_policy_id_fkey' and conrelid = 'public.channel_routing_rules'::regclass) then
    alter table public.channel_routing_rules add constraint channel_routing_rules_sla_policy_id_fkey
      foreign key (sla_policy_id, workspace_id) references public.sla_policies (id, workspace_id);
  end if;
end $$;
create index if not exists channel_routing_rules_sla_policy_id_idx on public.channel_routing_rules (sla_policy_id, workspace_id) where sla_policy_id is not null;
create index if not exists conversations_sla_policy_id_idx on public.conversations (sla_policy_id, workspace_id) where sla_policy_id is not null;
