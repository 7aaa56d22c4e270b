-- Purpose: updated_at and the audit of the assistant's set-up.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('channel_assistants');
  perform romashka.audit_table('channel_assistants');
end $$;
