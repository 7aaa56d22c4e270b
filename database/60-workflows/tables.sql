-- Purpose: automations and each of their runs.
-- Invariants: a run keeps its state in its row, so that it goes on after a restart; the counters of a workflow equal a recount of its ended runs.
-- Who writes: admins draw workflows; the server runs them.
-- Lock risk: the end of a run locks its workflow's row.

create table if not exists public.workflows (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid,
  name text not null,
  description text,
  trigger_type text not null,
  trigger_conditions jsonb not null default '{}',
  steps jsonb not null default '[]',
  nodes jsonb not null default '[]',
  connections jsonb not null default '[]',
  is_active boolean not null default false,
  execution_count integer not null default 0,
  success_count integer not null default 0,
  failure_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint workflows_pkey primary key (id, workspace_id),
  constraint workflows_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint workflows_user_id_fkey foreign key (user_id) references public.profiles (id) on delete set null,
  constraint workflows_name_check check (length(name) between 1 and 255),
  constraint workflows_trigger_type_check check (trigger_type in ('manual', 'intent', 'keyword', 'schedule', 'event')),
  constraint workflows_trigger_conditions_check check (jsonb_typeof(trigger_conditions) = 'object'),
  constraint workflows_steps_check check (jsonb_typeof(steps) = 'array'),
  constraint workflows_nodes_check check (jsonb_typeof(nodes) = 'array'),
  constraint workflows_connections_check check (jsonb_typeof(connections) = 'array'),
  constraint workflows_execution_count_check check (execution_count >= 0 and success_count >= 0 and failure_count >= 0)
);
comment on table public.workflows is 'Automations: what starts them and which steps they take.';
create index if not exists workflows_workspace_id_idx on public.workflows (workspace_id, is_active, trigger_type);
create index if not exists workflows_user_id_idx on public.workflows (user_id) where user_id is not null;

create table if not exists public.workflow_executions (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  workflow_id uuid,
  conversation_id uuid,
  current_node_id text,
  context jsonb not null default '{}',
  status text not null default 'running',
  resume_at timestamptz,
  started_at timestamptz not null default now(),
  completed_at timestamptz,
  error_message text,
  execution_log jsonb not null default '[]',
  constraint workflow_executions_pkey primary key (id, workspace_id),
  constraint workflow_executions_workflow_id_fkey foreign key (workflow_id, workspace_id) references public.workflows (id, workspace_id) on delete cascade,
  constraint workflow_executions_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint workflow_executions_workflow_id_check check (workflow_id is not null),
  constraint workflow_executions_status_check check (status in ('running', 'completed', 'failed', 'paused')),
  constraint workflow_executions_completed_at_check check ((status in ('completed', 'failed')) = (completed_at is not null)),
  constraint workflow_executions_context_check check (jsonb_typeof(context) = 'object'),
  constraint workflow_executions_execution_log_check check (jsonb_typeof(execution_log) = 'array')
) with (fillfactor = 80);
comment on table public.workflow_executions is 'Runs of workflows, with the state from which they go on.';
create index if not exists workflow_executions_workflow_id_idx on public.workflow_executions (workflow_id, workspace_id, started_at desc);
create index if not exists workflow_executions_conversation_id_idx on public.workflow_executions (conversation_id, workspace_id) where conversation_id is not null;
create index if not exists workflow_executions_workspace_id_idx on public.workflow_executions (workspace_id, status, resume_at) where status in ('running', 'paused');
