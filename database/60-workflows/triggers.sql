-- Purpose: updated_at and the audit of these tables. After all functions: the audit's is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('workflows');
  perform romashka.audit_table('workflows');
end $$;
