-- Purpose: the settings that exist: defaults, who may see them, which of them this version obeys, and the shape of each value.
-- Invariants: touches no table, so that the CHECK of system_settings may use it.
-- Lock risk: none.

create or replace function romashka.setting_catalogue()
returns table (setting_key text, default_value jsonb, is_public boolean, is_effective boolean, description text)
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return query select known.k, known.v::jsonb, known.p, known.e, known.d from (values
    ('agent_auto_away_time', '300', false, true, 'Set agents to away after seconds of inactivity'),
    ('ai_confidence_threshold', '0.8', false, true, 'Minimum AI confidence threshold'),
    ('ai_handoff_threshold', '0.5', false, true, 'AI confidence threshold for handoff to human'),
    ('allowed_origins', '["https://romashka.com", "https://app.romashka.com"]', false, false, 'Allowed CORS origins'),
    ('analytics_retention_days', '365', false, true, 'Analytics data retention in days'),
    ('api_versioning_enabled', 'true', false, false, 'Enable API versioning'),
    ('audit_log_retention_days', '90', false, true, 'Audit log retention in days'),
    ('auto_assignment_algorithm', '"least_loaded"', false, true, 'Agent assignment algorithm: round_robin, least_loaded'),
    ('backup_retention_days', '30', false, false, 'Backup retention in days'),
    ('brute_force_protection_enabled', 'true', false, false, 'Enable brute force protection'),
    ('canned_responses_enabled', 'true', false, false, 'Enable canned responses'),
    ('conversation_auto_close_time', '3600', false, true, 'Auto-close inactive conversations after seconds'),
    ('conversation_history_retention', '365', false, true, 'Conversation history retention in days'),
    ('cors_enabled', 'true', false, false, 'Enable CORS'),
    ('customer_satisfaction_scale', '5', false, true, 'Customer satisfaction scale (1-5 or 1-10)'),
    ('daily_message_limit', '1000', false, false, 'Daily message limit per channel'),
    ('data_encryption_enabled', 'true', false, false, 'Enable data encryption'),
    ('database_health_check_enabled', 'true', false, false, 'Enable database health checks'),
    ('default_language', '"en"', true, false, 'Default system language'),
    ('default_timezone', '"UTC"', true, false, 'Default system timezone'),
    ('default_working_hours', '{"friday": {"end": "17:00", "start": "09:00"}, "monday": {"end": "17:00", "start": "09:00"}, "tuesday": {"end": "17:00", "start": "09:00"}, "thursday": {"end": "17:00", "start": "09:00"}, "wednesday": {"end": "17:00", "start": "09:00"}}', false, false, 'Default working hours'),
    ('email_notifications_enabled', 'true', false, false, 'Enable email notifications'),
    ('error_tracking_enabled', 'true', false, false, 'Enable error tracking'),
    ('feature_flags', '{"aiAssistant": true, "newDashboard": true, "advancedAnalytics": true}', false, false, 'Feature flags'),
    ('file_upload_enabled', 'true', false, false, 'Enable file uploads'),
    ('gdpr_compliance_enabled', 'true', false, false, 'Enable GDPR compliance features'),
    ('ip_whitelist_enabled', 'false', false, false, 'Enable IP whitelist'),
    ('knowledge_base_enabled', 'true', false, false, 'Enable knowledge base functionality'),
    ('last_maintenance_date', '""', false, false, 'Last maintenance date'),
    ('maintenance_window', '{"end": "04:00", "start": "02:00", "timezone": "UTC"}', false, false, 'Maintenance window configuration'),
    ('max_concurrent_chats_per_agent', '5', false, false, 'Maximum concurrent chats per agent'),
    ('max_conversation_history', '100', false, false, 'Maximum conversation history per customer'),
    ('max_file_size_mb', '10', false, true, 'Maximum file size in MB'),
    ('monitoring_enabled', 'true', false, false, 'Enable system monitoring'),
    ('multi_language_enabled', 'true', false, false, 'Enable multi-language support'),
    ('password_policy', '{"minLength": 8, "requireNumbers": true, "requireSymbols": true, "requireUppercase": true}', false, false, 'Password policy settings'),
    ('performance_monitoring_enabled', 'true', false, false, 'Enable performance monitoring'),
    ('platform_name', '"ROMASHKA"', true, false, 'Platform name'),
    ('platform_version', '"1.0.0"', true, false, 'Current platform version'),
    ('push_notifications_enabled', 'true', false, false, 'Enable push notifications'),
    ('rate_limit_requests_per_minute', '100', false, true, 'Rate limit requests per minute'),
    ('rate_limiting_enabled', 'true', false, true, 'Enable rate limiting'),
    ('real_time_updates_enabled', 'true', false, false, 'Enable real-time updates'),
    ('satisfaction_survey_enabled', 'true', false, false, 'Enable satisfaction surveys'),
    ('session_timeout_minutes', '480', false, false, 'Session timeout in minutes'),
    ('sla_first_response_seconds', '60', false, true, 'First response SLA in seconds'),
    ('sla_resolution_seconds', '1800', false, true, 'Resolution SLA in seconds'),
    ('supported_file_types', '["image/jpeg", "image/png", "image/gif", "application/pdf", "text/plain"]', false, false, 'Supported file types'),
    ('supported_languages', '["en", "es", "fr", "de", "it", "pt", "ru", "zh", "ja", "ko"]', true, false, 'Supported languages'),
    ('system_status', '"operational"', true, false, 'Current system status'),
    ('two_factor_auth_enabled', 'false', false, false, 'Enable two-factor authentication'),
    ('webhook_retry_attempts', '3', false, false, 'Number of webhook retry attempts'),
    ('webhook_security_enabled', 'true', false, false, 'Enable webhook security'),
    ('webhook_timeout_seconds', '30', false, false, 'Webhook timeout in seconds'),
    ('widget_colors', '{"danger": "#dc3545", "primary": "#007bff", "success": "#28a745", "secondary": "#6c757d"}', true, false, 'Widget color scheme'),
    ('widget_default_theme', '"modern"', true, false, 'Default widget theme'),
    ('widget_position', '"bottom-right"', true, false, 'Default widget position')
  ) as known (k, v, p, e, d);
end $$;
comment on function romashka.setting_catalogue() is
  'Every setting with its default, whether visitors may read it, and whether this version obeys it (is_effective): one without effect is kept for existing users.';

create or replace function romashka.default_setting(key text) returns jsonb language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return (select known.default_value from romashka.setting_catalogue() as known where known.setting_key = key);
end $$;
comment on function romashka.default_setting(text) is 'The default of a setting, null for a key of the owner''s own.';

create or replace function romashka.is_effective_setting(key text) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return coalesce((select known.is_effective from romashka.setting_catalogue() as known where known.setting_key = key), false);
end $$;
comment on function romashka.is_effective_setting(text) is 'Whether this version obeys a setting.';

create or replace function romashka.is_text_list(list jsonb, pattern text) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if jsonb_typeof(list) is distinct from 'array' then return false; end if;
  return not exists (select from jsonb_array_elements(list) as element where jsonb_typeof(element) <> 'string' or element #>> '{}' !~ pattern);
end $$;
comment on function romashka.is_text_list(jsonb, text) is 'Whether a value is a list of texts that all match a pattern.';

create or replace function romashka.is_whole_number(number jsonb, least_value numeric, greatest_value numeric) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  if jsonb_typeof(number) is distinct from 'number' then return false; end if;
  return trunc((number #>> '{}')::numeric) = (number #>> '{}')::numeric and (number #>> '{}')::numeric between least_value and greatest_value;
end $$;
comment on function romashka.is_whole_number(jsonb, numeric, numeric) is 'Whether a value is a whole number within bounds.';

create or replace function romashka.is_valid_setting(key text, value jsonb) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
declare
  kind constant text := jsonb_typeof(value);
  words constant text := case when jsonb_typeof(value) = 'string' then value #>> '{}' else '' end;
  span jsonb;
begin
  if kind is null then return false; end if;
  case
    when key in ('api_versioning_enabled', 'brute_force_protection_enabled', 'canned_responses_enabled', 'cors_enabled', 'data_encryption_enabled',
        'database_health_check_enabled', 'email_notifications_enabled', 'error_tracking_enabled', 'file_upload_enabled', 'gdpr_compliance_enabled',
        'ip_whitelist_enabled', 'knowledge_base_enabled', 'monitoring_enabled', 'multi_language_enabled', 'performance_monitoring_enabled',
        'push_notifications_enabled', 'rate_limiting_enabled', 'real_time_updates_enabled', 'satisfaction_survey_enabled', 'two_factor_auth_enabled',
        'webhook_security_enabled') then
      return kind = 'boolean';
    when key in ('ai_confidence_threshold', 'ai_handoff_threshold') then
      return case when kind = 'number' then (value #>> '{}')::numeric between 0 and 1 else false end;
    when key in ('analytics_retention_days', 'audit_log_retention_days', 'backup_retention_days', 'conversation_history_retention') then
      return romashka.is_whole_number(value, 1, 36500);
    when key in ('sla_first_response_seconds', 'sla_resolution_seconds') then
      return romashka.is_whole_number(value, 1, 31536000);
    when key in ('agent_auto_away_time', 'conversation_auto_close_time') then
      return romashka.is_whole_number(value, 0, 31536000);
    when key = 'customer_satisfaction_scale' then
      return value in ('5'::jsonb, '10'::jsonb);
    when key = 'max_concurrent_chats_per_agent' then
      return romashka.is_whole_number(value, 0, 1000);
    when key in ('daily_message_limit', 'max_conversation_history', 'max_file_size_mb', 'rate_limit_requests_per_minute', 'session_timeout_minutes') then
      return romashka.is_whole_number(value, 1, 1000000000);
    when key = 'webhook_retry_attempts' then
      return romashka.is_whole_number(value, 0, 100);
    when key = 'webhook_timeout_seconds' then
      return romashka.is_whole_number(value, 1, 600);
    when key = 'auto_assignment_algorithm' then
      return words in ('round_robin', 'least_loaded');
    when key = 'system_status' then
      return words in ('operational', 'degraded', 'maintenance', 'outage');
    when key = 'widget_position' then
      return words in ('bottom-right', 'bottom-left', 'top-right', 'top-left');
    when key in ('platform_name', 'platform_version', 'widget_default_theme') then
      return length(words) between 1 and 200;
    when key = 'default_language' then
      return words ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$';
    when key = 'supported_languages' then
      return romashka.is_text_list(value, '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$');
    when key = 'default_timezone' then
      return romashka.is_time_zone(words);
    when key = 'last_maintenance_date' then
      return kind = 'string' and words ~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?)?$';
    when key = 'default_working_hours' then
      return romashka.is_weekly_hours(value);
    when key = 'maintenance_window' then
      if kind <> 'object' then return false; end if;
      span := jsonb_build_object('monday', value - 'timezone');
      return romashka.is_weekly_hours(span) and romashka.is_time_zone(coalesce(value ->> 'timezone', ''));
    when key = 'allowed_origins' then
      return romashka.is_text_list(value, '^(\*|https?://[^\s/]+)$');
    when key = 'supported_file_types' then
      return romashka.is_text_list(value, '^[a-z0-9.+-]+/([a-z0-9.+-]+|\*)$');
    when key = 'feature_flags' then
      return kind = 'object' and not exists (select from jsonb_each(case kind when 'object' then value else '{}'::jsonb end) as flag where jsonb_typeof(flag.value) <> 'boolean');
    when key = 'widget_colors' then
      return kind = 'object' and not exists (select from jsonb_each_text(case kind when 'object' then value else '{}'::jsonb end) as colour
        where colour.value is null or colour.value !~ '^#[0-9A-Fa-f]{6}$');
    when key = 'password_policy' then
      return kind = 'object' and romashka.is_whole_number(value -> 'minLength', 1, 1024)
        and not exists (select from jsonb_each(case kind when 'object' then value - 'minLength' else '{}'::jsonb end) as rule where jsonb_typeof(rule.value) <> 'boolean');
    else
      return length(key) between 1 and 255;
  end case;
end $$;
comment on function romashka.is_valid_setting(text, jsonb) is 'Whether a value has the shape its setting needs. Keys that are not in the catalogue are the owner''s own: any value but null.';

revoke execute on function romashka.setting_catalogue(), romashka.default_setting(text), romashka.is_effective_setting(text),
  romashka.is_text_list(jsonb, text), romashka.is_whole_number(jsonb, numeric, numeric), romashka.is_valid_setting(text, jsonb) from public;
grant execute on function romashka.setting_catalogue(), romashka.default_setting(text), romashka.is_effective_setting(text),
  romashka.is_text_list(jsonb, text), romashka.is_whole_number(jsonb, numeric, numeric), romashka.is_valid_setting(text, jsonb)
  to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;
