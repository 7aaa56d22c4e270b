-- Purpose: updated_at and the audit of these tables. After all functions: the audit's is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('integrations');
  perform romashka.touch_table('integration_field_mappings');
  perform romashka.audit_table('integrations', array['credentials']);
  perform romashka.audit_table('integration_field_mappings');
  perform romashka.audit_table('webhook_subscriptions', array['secret_key']);
end $$;
