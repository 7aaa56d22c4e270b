-- Purpose: updated_at and the audit of these tables; after all functions, because the one of the audit is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('integrations');
  perform romashka.touch_table('integration_field_mappings');
  perform romashka.touch_table('message_delivery_tracking');
  perform romashka.audit_table('integrations', array['credentials'], array['last_sync_at']);
  perform romashka.audit_table('integration_field_mappings');
  perform romashka.audit_table('webhook_subscriptions', array['secret_key', 'previous_secret_key', 'private_key', 'previous_private_key'],
    array['last_triggered', 'success_count', 'failure_count', 'failures_in_a_row', 'first_failed_at', 'last_failed_at', 'failing_since', 'warned_at', 'notice_due']);
end $$;
