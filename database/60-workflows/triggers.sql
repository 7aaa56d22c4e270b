-- Purpose: updated_at and the audit of these tables; after all functions, because the one of the audit is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.audit_table('workflows', left_out => array['execution_count', 'success_count', 'failure_count']);
end $$;
-- A run is not an edit.
create or replace trigger update_workflows_updated_at before update on public.workflows for each row
  when (old.updated_at is not distinct from new.updated_at
    and (old.execution_count, old.success_count, old.failure_count) = (new.execution_count, new.success_count, new.failure_count))
  execute function public.update_updated_at_column();
