-- Purpose: updated_at and the audit of question sets.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('question_sets');
  perform romashka.touch_table('question_set_items');
  perform romashka.audit_table('question_sets');
  perform romashka.audit_table('question_set_items');
end $$;
