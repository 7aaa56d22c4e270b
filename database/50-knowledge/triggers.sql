-- Purpose: updated_at and the audit of these tables. After all functions: the audit's is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('knowledge_categories');
  perform romashka.touch_table('intent_patterns');
  perform romashka.touch_table('playground_sessions');
  perform romashka.audit_table('knowledge_categories');
  perform romashka.audit_table('knowledge_items', array['search_document']);
  perform romashka.audit_table('intent_patterns');
  perform romashka.audit_table('website_scan_jobs');
end $$;
