-- Purpose: the state and the counters of workflows' runs.
-- Invariants: execution_count, success_count and failure_count equal a recount of the runs, those of deleted conversations left out.
-- Lock risk: the start and the end of a run lock its workflow's row for the rest of the transaction.

create or replace function romashka.prepare_workflow_execution() returns trigger language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if tg_op = 'UPDATE' and old.status in ('completed', 'failed') and new.status not in ('completed', 'failed') then
    raise exception 'a run that has ended does not go on' using errcode = 'RM409', hint = 'Start another run.';
  end if;
  new.completed_at := case when new.status in ('completed', 'failed') then coalesce(new.completed_at, at) end;
  if new.status in ('completed', 'failed') then new.resume_at := null; end if;
  return new;
end $$;
comment on function romashka.prepare_workflow_execution() is 'Trigger: dates the end of a run; what has ended does not go on.';
create or replace trigger workflow_executions_10_prepare before insert or update of status, completed_at on public.workflow_executions
  for each row execute function romashka.prepare_workflow_execution();

create or replace function romashka.count_workflow_execution() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: agents start runs and may not edit workflows.
declare
  was text := case when tg_op <> 'INSERT' then old.status end;
  is_now text := case when tg_op <> 'DELETE' then new.status end;
  workflow constant uuid := case when tg_op = 'DELETE' then old.workflow_id else new.workflow_id end;
  workspace constant uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
begin
  update public.workflows as w
     set execution_count = w.execution_count + (is_now is not null)::integer - (was is not null)::integer,
         success_count = w.success_count + coalesce(is_now = 'completed', false)::integer - coalesce(was = 'completed', false)::integer,
         failure_count = w.failure_count + coalesce(is_now = 'failed', false)::integer - coalesce(was = 'failed', false)::integer
   where w.id = workflow and w.workspace_id = workspace;
  if is_now in ('completed', 'failed') and was is distinct from is_now then
    perform romashka.record_event(workspace, 'workflow.' || is_now, 'workflow', workflow, new.conversation_id,
      jsonb_strip_nulls(jsonb_build_object('execution_id', new.id, 'error', new.error_message)));
  end if;
  return null;
end $$;
comment on function romashka.count_workflow_execution() is 'Trigger: the counters of a workflow, by deltas; the end of a run is an event.';
create or replace trigger workflow_executions_20_count after insert or delete on public.workflow_executions
  for each row execute function romashka.count_workflow_execution();
create or replace trigger workflow_executions_20_count_on_update after update of status on public.workflow_executions
  for each row when (old.status is distinct from new.status) execute function romashka.count_workflow_execution();
create or replace trigger workflow_executions_00_keep_workflow before update of workflow_id on public.workflow_executions
  for each row when (old.workflow_id is distinct from new.workflow_id) execute function romashka.refuse_change('a run stays with its workflow');

revoke execute on all functions in schema romashka from public;
