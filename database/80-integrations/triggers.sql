-- Purpose: updated_at and the audit of these tables; after all functions, because the one of the audit is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('integrations');
  perform romashka.touch_table('integration_field_mappings');
  perform romashka.touch_table('message_delivery_tracking');
  perform romashka.audit_table('integrations', array['credentials'], array['last_sync_at']);
  perform romashka.audit_table('integration_field_mappings');
  perform romashka.audit_table('webhook_subscriptions', array['secret_key'], array['last_triggered', 'success_count', 'failure_count', 'failing_since']);
end $$;
