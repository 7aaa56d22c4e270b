-- Purpose: updated_at and the audit of these tables; after all functions, because the one of the audit is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('workflows');
  perform romashka.audit_table('workflows', left_out => array['execution_count', 'success_count', 'failure_count']);
end $$;
