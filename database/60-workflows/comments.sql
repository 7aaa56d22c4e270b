-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.workflows.id is 'The row''s identity, time-ordered.';
comment on column public.workflows.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.workflows.user_id is 'Who made it.';
comment on column public.workflows.name is 'What members call it.';
comment on column public.workflows.description is 'What it is for.';
comment on column public.workflows.trigger_type is 'What starts it: manual, intent, keyword, schedule or event.';
comment on column public.workflows.trigger_conditions is 'Which intent, keyword, time or event.';
comment on column public.workflows.steps is 'The steps in order, as earlier versions kept them.';
comment on column public.workflows.nodes is 'The steps as the editor draws them.';
comment on column public.workflows.connections is 'Which node leads to which.';
comment on column public.workflows.is_active is 'Whether it is started.';
comment on column public.workflows.execution_count is 'How many runs were started. Kept by trigger.';
comment on column public.workflows.success_count is 'How many were completed.';
comment on column public.workflows.failure_count is 'How many failed.';
comment on column public.workflows.created_at is 'When the row was made.';
comment on column public.workflows.updated_at is 'When the row was last changed.';
comment on column public.workflow_executions.id is 'The row''s identity, time-ordered.';
comment on column public.workflow_executions.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.workflow_executions.workflow_id is 'The workflow.';
comment on column public.workflow_executions.conversation_id is 'The conversation it runs on.';
comment on column public.workflow_executions.current_node_id is 'The step it is at.';
comment on column public.workflow_executions.context is 'What its steps have found out.';
comment on column public.workflow_executions.status is 'running, paused (until resume_at), completed or failed.';
comment on column public.workflow_executions.resume_at is 'When a paused run goes on; null until something else wakes it.';
comment on column public.workflow_executions.started_at is 'When it began.';
comment on column public.workflow_executions.completed_at is 'When it ended.';
comment on column public.workflow_executions.error_message is 'What went wrong.';
comment on column public.workflow_executions.execution_log is 'The steps taken, with their times.';
