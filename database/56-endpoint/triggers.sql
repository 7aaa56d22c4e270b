-- Purpose: updated_at and the audit of a workspace's language model; of its key only that it was changed.
-- Lock risk: SHARE ROW EXCLUSIVE on the table for a moment.
do $$ begin
  perform romashka.touch_table('ai_endpoints');
  perform romashka.audit_table('ai_endpoints', array['api_key']);
end $$;
