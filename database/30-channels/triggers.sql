-- Purpose: updated_at and the audit of these tables; after all functions, because the one of the audit is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('communication_channels');
  perform romashka.touch_table('message_templates');
  perform romashka.touch_table('channel_routing_rules');
  perform romashka.touch_table('widget_configurations');
  perform romashka.audit_table('communication_channels', array['api_credentials', 'webhook_secret'], array['messages_sent_today', 'last_reset_date']);
  perform romashka.audit_table('message_templates', left_out => array['usage_count']);
  perform romashka.audit_table('channel_routing_rules');
  perform romashka.audit_table('widget_configurations');
  perform romashka.audit_table('widget_identity_secrets', array['secret_key']);
  perform romashka.audit_table('canned_responses', left_out => array['usage_count', 'last_used_at']);
end $$;
-- A use is not an edit.
create or replace trigger update_canned_responses_updated_at before update on public.canned_responses for each row
  when (old.updated_at is not distinct from new.updated_at and old.usage_count = new.usage_count) execute function public.update_updated_at_column();
create or replace trigger widget_identity_secrets_10_author before insert on public.widget_identity_secrets
  for each row when (new.created_by is null) execute function romashka.fill_author();
