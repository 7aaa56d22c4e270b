-- Purpose: updated_at, and the audit of what was decided; the words are in the conversation.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('article_suggestions');
  perform romashka.audit_table('article_suggestions', left_out => array['question', 'answer', 'occurrences']);
end $$;
