-- Purpose: updated_at and the audit of these tables; after all functions, because the one of the audit is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('knowledge_categories');
  perform romashka.touch_table('intent_patterns');
  perform romashka.touch_table('playground_sessions');
  perform romashka.audit_table('knowledge_categories');
  perform romashka.audit_table('knowledge_items',
    left_out => array['search_document', 'usage_count', 'last_used_at', 'helpful_count', 'unhelpful_count', 'effectiveness_score']);
  perform romashka.audit_table('intent_patterns');
  perform romashka.audit_table('website_scan_jobs', left_out => array['progress_percentage', 'pages_found', 'pages_processed']);
end $$;
-- A use is not an edit.
create or replace trigger update_knowledge_items_updated_at before update on public.knowledge_items for each row
  when (old.updated_at is not distinct from new.updated_at
    and (old.usage_count, old.helpful_count, old.unhelpful_count) = (new.usage_count, new.helpful_count, new.unhelpful_count))
  execute function public.update_updated_at_column();
