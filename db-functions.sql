-- ROMASHKA: every function, trigger and policy
-- Run it again at any time: it puts back what was changed by hand.
-- Assembled from database/ by scripts/assemble.sh: edit there, not here.
-- One transaction: the first error leaves the database as it was, also in psql without ON_ERROR_STOP.

begin;
set local check_function_bodies = off;
set local client_min_messages = warning;

-- ============ 00-foundation/prelude ============
-- Purpose: what everything else stands on: schemas, roles, the extension, and functions that touch no table.
-- Invariants: re-runnable; the auth schema is made only where nobody provides one (on Supabase it is used, never altered).
-- Lock risk: none on tables.

do $$
begin
  if not exists (select from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)) then
    raise exception 'the role % cannot install ROMASHKA: it is neither a superuser nor BYPASSRLS', current_user
      using errcode = 'RM403', hint = format('As a superuser: alter role %I bypassrls;', current_user);
  end if;
  if current_setting('server_version_num')::int < 140000 then
    raise exception 'PostgreSQL 14 or newer is needed, this is %', current_setting('server_version') using errcode = 'RM422';
  end if;
  if (select pg_encoding_to_char(encoding) from pg_database where datname = current_database()) <> 'UTF8' then
    raise exception 'the database must be encoded in UTF8' using errcode = 'RM422', hint = 'createdb -E UTF8 --template template0 …';
  end if;
  if exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = 'public' and c.relname = 'conversations' and c.relkind in ('r', 'p')
                and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)) then
    raise exception 'this database holds the older schema without workspaces'
      using errcode = 'RM409', hint = 'Install into a database of its own. Nothing here was changed.';
  end if;
end $$;

create schema if not exists romashka;
create schema if not exists romashka_numbers;
comment on schema romashka is 'Internals of ROMASHKA: helpers of policies and triggers. Not exposed by an API.';
comment on schema romashka_numbers is 'One sequence per workspace: its short conversation numbers.';

-- The API's roles as on Supabase; people who use SQL; the server's own login.
do $$
declare
  wanted record;
begin
  for wanted in select * from (values
      ('anon', 'nologin'), ('authenticated', 'nologin'), ('service_role', 'nologin bypassrls'),
      ('romashka_agent', 'nologin'), ('romashka_admin', 'nologin'), ('romashka_server', 'nologin noinherit')) as roles (name, attributes)
  loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      begin
        execute format('create role %I %s', wanted.name, wanted.attributes);
      exception when duplicate_object or unique_violation then
        null; -- another installation on this cluster made it at the same moment
      when insufficient_privilege then
        if wanted.name <> 'service_role' then raise; end if;
        -- Only a superuser makes a BYPASSRLS role before PostgreSQL 16. Without it service_role sees what its claims allow.
        execute format('create role %I nologin', wanted.name);
      end;
    end if;
  end loop;
  -- The server's login switches to these per transaction and holds nothing itself.
  if not (select pg_has_role('romashka_server', 'anon', 'member') and pg_has_role('romashka_server', 'authenticated', 'member')
             and pg_has_role('romashka_server', 'service_role', 'member')) then
    grant anon, authenticated, service_role to romashka_server;
  end if;
end $$;

-- Extensions: trigrams are needed; the others are welcome. Supabase keeps them in the schema "extensions".
do $$
declare
  target text := case when exists (select from pg_namespace where nspname = 'extensions') then 'extensions' else 'public' end;
  wanted text;
begin
  if target = 'public' and not exists (select from pg_extension where extname = 'pg_trgm') then
    create schema if not exists extensions;
    grant usage on schema extensions to public;
    target := 'extensions';
  end if;
  if not exists (select from pg_extension where extname = 'pg_trgm') then
    execute format('create extension pg_trgm with schema %I', target);
  end if;
  foreach wanted in array array['pgcrypto', 'uuid-ossp', 'pg_stat_statements'] loop
    if not exists (select from pg_extension where extname = wanted) and exists (select from pg_available_extensions where name = wanted) then
      begin
        execute format('create extension if not exists %I with schema %I', wanted, target);
      exception when others then
        raise notice 'the optional extension % is not available here: %', wanted, sqlerrm;
      end;
    end if;
  end loop;
end $$;

-- Accounts. Supabase brings this schema; elsewhere the least that its users' statements need is made.
do $$
begin
  if to_regnamespace('auth') is null then
    create schema auth;
    comment on schema auth is 'Accounts and claims, in the shape Supabase gives them.';
  end if;
  if to_regclass('auth.users') is null then
    create table auth.users (
      id uuid primary key default gen_random_uuid(),
      email text unique,
      encrypted_password text,
      email_confirmed_at timestamptz,
      last_sign_in_at timestamptz,
      raw_app_meta_data jsonb not null default '{}',
      raw_user_meta_data jsonb not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    comment on table auth.users is 'Accounts: one row a person. Nobody but the owner and service_role reads it.';
    alter table auth.users enable row level security;
    revoke all on auth.users from public;
    grant usage on schema auth to anon, authenticated, service_role, romashka_agent, romashka_admin;
    grant select, insert, update, delete on auth.users to service_role;
  end if;
  if to_regprocedure('auth.jwt()') is null then
    create function auth.jwt() returns jsonb language sql stable set search_path = '' as
      $f$ select nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb $f$;
    comment on function auth.jwt() is 'The claims of the request.';
  end if;
  if to_regprocedure('auth.uid()') is null then
    create function auth.uid() returns uuid language sql stable set search_path = '' as
      $f$ select (nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $f$;
    comment on function auth.uid() is 'The account the request is signed in with.';
  end if;
  if to_regprocedure('auth.role()') is null then
    create function auth.role() returns text language sql stable set search_path = '' as
      $f$ select nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'role' $f$;
    comment on function auth.role() is 'The role named in the claims of the request.';
  end if;
end $$;

create table if not exists public.schema_migrations (
  version text not null,
  applied_at timestamptz not null default now(),
  description text,
  checksum text,
  duration_ms bigint,
  applied_by text not null default session_user,
  constraint schema_migrations_pkey primary key (version)
);
comment on table public.schema_migrations is 'Which migrations this database has had, when, by whom.';
comment on column public.schema_migrations.version is 'The number a migration file starts with; "functions" for db-functions.sql.';
comment on column public.schema_migrations.applied_at is 'When it was applied.';
comment on column public.schema_migrations.description is 'The name of the file in words.';
comment on column public.schema_migrations.checksum is 'SHA-256 of the file, null when the file was run with psql.';
comment on column public.schema_migrations.duration_ms is 'How long it took, in milliseconds.';
comment on column public.schema_migrations.applied_by is 'The login role that ran it.';
revoke all on public.schema_migrations from public, anon, authenticated;
alter table public.schema_migrations enable row level security;
alter table public.schema_migrations force row level security;
drop policy if exists schema_migrations_select on public.schema_migrations;
create policy schema_migrations_select on public.schema_migrations for select to romashka_agent, romashka_admin, service_role using (version is not null);
grant select on public.schema_migrations to romashka_agent, romashka_admin, service_role;

-- Sortable ids (RFC 9562 section 5.7): 48 bits of milliseconds, the version, 12 bits of the millisecond's fraction (method 3),
-- so that ids made one after the other sort so. A body in the SQL standard's form is bound when it is created and inlined.
create or replace function public.generate_uuid() returns uuid language sql volatile parallel safe
return (left(overlay(lpad(to_hex((date_part('epoch', clock_timestamp()) * 65536000)::bigint), 16, '0') placing '7' from 13 for 0), 16)
  || substr(gen_random_uuid()::text, 20))::uuid;
comment on function public.generate_uuid() is 'A new id: UUID version 7, so that ids sort by the time they were made.';

create or replace function romashka.default_workspace_id() returns uuid language sql immutable parallel safe
return '00000000-0000-7000-8000-000000000001'::uuid;
comment on function romashka.default_workspace_id() is 'The workspace of an installation that has only one; rows written by the owner of the database go there.';

-- Roles of members, weakest first; each may do what the ones before it may.
create or replace function romashka.roles_from(minimum_role text) returns text[] language sql immutable parallel safe
return case minimum_role
  when 'viewer' then array['viewer', 'agent', 'admin', 'owner']
  when 'agent' then array['agent', 'admin', 'owner']
  when 'admin' then array['admin', 'owner']
  when 'owner' then array['owner']
  else array[]::text[] end;
comment on function romashka.roles_from(text) is 'The member roles that are at least the given one.';

-- Text search configuration of a language; what PostgreSQL has no stemmer for is searched word by word.
create or replace function romashka.search_configuration(language text) returns regconfig language sql immutable parallel safe
return case split_part(lower(language), '-', 1)
  when 'en' then 'pg_catalog.english'::regconfig when 'ru' then 'pg_catalog.russian'::regconfig when 'de' then 'pg_catalog.german'::regconfig
  when 'fr' then 'pg_catalog.french'::regconfig when 'es' then 'pg_catalog.spanish'::regconfig when 'it' then 'pg_catalog.italian'::regconfig
  when 'pt' then 'pg_catalog.portuguese'::regconfig when 'nl' then 'pg_catalog.dutch'::regconfig when 'da' then 'pg_catalog.danish'::regconfig
  when 'fi' then 'pg_catalog.finnish'::regconfig when 'hu' then 'pg_catalog.hungarian'::regconfig when 'no' then 'pg_catalog.norwegian'::regconfig
  when 'ro' then 'pg_catalog.romanian'::regconfig when 'sv' then 'pg_catalog.swedish'::regconfig when 'tr' then 'pg_catalog.turkish'::regconfig
  when 'ar' then 'pg_catalog.arabic'::regconfig when 'el' then 'pg_catalog.greek'::regconfig when 'hi' then 'pg_catalog.hindi'::regconfig
  when 'id' then 'pg_catalog.indonesian'::regconfig when 'ga' then 'pg_catalog.irish'::regconfig when 'lt' then 'pg_catalog.lithuanian'::regconfig
  when 'ne' then 'pg_catalog.nepali'::regconfig when 'ta' then 'pg_catalog.tamil'::regconfig when 'hy' then 'pg_catalog.armenian'::regconfig
  when 'eu' then 'pg_catalog.basque'::regconfig when 'ca' then 'pg_catalog.catalan'::regconfig when 'sr' then 'pg_catalog.serbian'::regconfig
  when 'yi' then 'pg_catalog.yiddish'::regconfig
  else 'pg_catalog.simple'::regconfig end;
comment on function romashka.search_configuration(text) is 'The text search configuration for a language tag, "simple" where PostgreSQL has no stemmer.';

-- The two forms of an encrypted secret. Anything else is refused by the columns that hold one.
create or replace function romashka.is_envelope(secret jsonb) returns boolean language sql immutable parallel safe
return secret is null or secret = '{}'::jsonb or coalesce(jsonb_typeof(secret) = 'object' and secret ->> 'alg' = 'xchacha20poly1305'
  and secret ->> 'v' = '1' and secret ->> 'kid' ~ '^[0-9a-f]{8}$' and secret ->> 'nonce' ~ '^[A-Za-z0-9+/]{32}$' and secret ->> 'data' ~ '^[A-Za-z0-9+/]{22,}={0,2}$'
  and secret - array['v', 'alg', 'kid', 'nonce', 'data'] = '{}'::jsonb, false); -- a CHECK lets null pass
comment on function romashka.is_envelope(jsonb) is 'Whether a value is an encrypted envelope (or empty), so that plaintext cannot be stored.';
create or replace function romashka.is_envelope(secret text) returns boolean language sql immutable parallel safe
return secret is null or secret ~ '^rmk1\.[0-9a-f]{8}\.[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]{22,}$';
comment on function romashka.is_envelope(text) is 'Whether a text is an encrypted envelope, so that plaintext cannot be stored.';

revoke execute on all functions in schema romashka from public;
grant usage on schema romashka to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;
revoke execute on function public.generate_uuid() from public;
grant execute on function public.generate_uuid(), romashka.default_workspace_id(), romashka.roles_from(text), romashka.search_configuration(text),
  romashka.is_envelope(jsonb), romashka.is_envelope(text) to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;

-- Whose request this is. Claims are believed only in a session that could take the role anyway (PostgREST's authenticator, the server,
-- the owner): a person who logs in to SQL cannot make them up, and is known by the login role instead.
create or replace function romashka.claims() returns jsonb language plpgsql stable parallel safe set search_path = '' as $$
begin
  if pg_catalog.pg_has_role(session_user, 'authenticated', 'member') then
    return nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb;
  end if;
  return null;
end $$;
comment on function romashka.claims() is 'The believed claims of the request, null where there are none.';

create or replace function public.current_workspace_id() returns uuid language plpgsql stable security definer set search_path = '' as $$
-- Definer: memberships are read before any policy can be.
declare
  claims jsonb := romashka.claims();
  person uuid;
  chosen uuid;
begin
  if claims is null then
    if pg_catalog.pg_has_role(session_user, 'authenticated', 'member') then
      return romashka.default_workspace_id();
    end if;
    return (select login.workspace_id from romashka.sql_logins as login where login.login = session_user);
  end if;
  chosen := nullif(claims #>> '{app_metadata,workspace_id}', '')::uuid;
  if chosen is not null then return chosen; end if;
  person := nullif(claims ->> 'sub', '')::uuid;
  if person is null then return romashka.default_workspace_id(); end if;
  return (select member.workspace_id from public.workspace_members as member
           where member.user_id = person and member.status = 'active' order by member.created_at, member.workspace_id limit 1);
end $$;
comment on function public.current_workspace_id() is
  'The workspace a new row belongs to: the one named in the claims, else the person''s first, else (no claims) the default workspace.';
revoke execute on function romashka.claims() from public;
revoke execute on function public.current_workspace_id() from public;
grant execute on function romashka.claims(), public.current_workspace_id() to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;

-- Checks of what people type in settings.
create or replace function romashka.is_time_zone(zone text) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
-- Immutable as far as a CHECK needs: time zones are added to PostgreSQL's list, hardly ever taken away.
begin
  perform pg_catalog.timezone(zone, '2000-01-01 00:00:00+00'::timestamptz);
  return zone ~ '^[A-Za-z]';
exception when invalid_parameter_value then
  return false;
end $$;
comment on function romashka.is_time_zone(text) is 'Whether PostgreSQL knows the time zone.';

create or replace function romashka.is_weekly_hours(hours jsonb) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
declare
  day text;
  span jsonb;
begin
  if hours is null or jsonb_typeof(hours) <> 'object' then return false; end if;
  for day, span in select * from jsonb_each(hours) loop
    if day not in ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday') then return false; end if;
    if span = 'null'::jsonb then continue; end if;
    if jsonb_typeof(span) <> 'object' or coalesce(span ->> 'start', '') !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
       or coalesce(span ->> 'end', '') !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$' then
      return false;
    end if;
  end loop;
  return true;
end $$;
comment on function romashka.is_weekly_hours(jsonb) is
  'Whether a value is weekly hours: {"monday": {"start": "09:00", "end": "17:00"}, …}. An end at or before the start runs past midnight; a day left out is closed.';
revoke execute on function romashka.is_time_zone(text), romashka.is_weekly_hours(jsonb) from public;
grant execute on function romashka.is_time_zone(text), romashka.is_weekly_hours(jsonb)
  to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;

-- ============ 50-knowledge/prelude ============
-- Purpose: what an article is searched by. Touches no table, so that generated columns and indexes may use it.
-- Lock risk: none.

-- Search documents of articles. The workspace is a word of each, so that the index finds only its own; the title weighs most, and what a stemmer
-- does not know is found as it is written.
create or replace function romashka.knowledge_title_document(workspace uuid, language text, title text) returns tsvector language sql immutable parallel safe
return to_tsvector(romashka.search_configuration(language), title) || to_tsvector('pg_catalog.simple'::regconfig, title)
  || array_to_tsvector(array['w' || replace(workspace::text, '-', '')]);
comment on function romashka.knowledge_title_document(uuid, text, text) is 'The search document of an article''s title alone.';
create or replace function romashka.knowledge_document(workspace uuid, language text, title text, content text) returns tsvector language sql immutable parallel safe
return setweight(to_tsvector(romashka.search_configuration(language), title) || to_tsvector('pg_catalog.simple'::regconfig, title), 'A')
  || setweight(to_tsvector(romashka.search_configuration(language), left(content, 150000)), 'C')
  || setweight(to_tsvector('pg_catalog.simple'::regconfig, left(content, 50000)), 'D')
  || array_to_tsvector(array['w' || replace(workspace::text, '-', '')]);
comment on function romashka.knowledge_document(uuid, text, text, text) is
  'The search document of an article: its title and the first 150,000 characters of its text.';
revoke execute on function romashka.knowledge_title_document(uuid, text, text), romashka.knowledge_document(uuid, text, text, text) from public;
grant execute on function romashka.knowledge_title_document(uuid, text, text), romashka.knowledge_document(uuid, text, text, text)
  to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;

-- ============ 90-operations/prelude ============
-- Purpose: the settings that exist: defaults, who may see them, which of them this version obeys, and the shape of each value.
-- Invariants: touches no table, so that the CHECK of system_settings may use it.
-- Lock risk: none.

create or replace function romashka.setting_catalogue()
returns table (setting_key text, default_value jsonb, is_public boolean, is_effective boolean, description text)
language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return query select known.k, known.v::jsonb, known.p, known.e, known.d from (values
    ('agent_auto_away_time', '300', false, true, 'Set agents to away after seconds of inactivity'),
    ('ai_confidence_threshold', '0.8', false, false, 'Minimum AI confidence threshold'),
    ('ai_handoff_threshold', '0.5', false, false, 'AI confidence threshold for handoff to human'),
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
    ('max_file_size_mb', '10', false, false, 'Maximum file size in MB'),
    ('monitoring_enabled', 'true', false, false, 'Enable system monitoring'),
    ('multi_language_enabled', 'true', false, false, 'Enable multi-language support'),
    ('password_policy', '{"minLength": 8, "requireNumbers": true, "requireSymbols": true, "requireUppercase": true}', false, false, 'Password policy settings'),
    ('performance_monitoring_enabled', 'true', false, false, 'Enable performance monitoring'),
    ('platform_name', '"ROMASHKA"', true, false, 'Platform name'),
    ('platform_version', '"1.0.0"', true, false, 'Current platform version'),
    ('push_notifications_enabled', 'true', false, false, 'Enable push notifications'),
    ('rate_limit_requests_per_minute', '100', false, false, 'Rate limit requests per minute'),
    ('rate_limiting_enabled', 'true', false, false, 'Enable rate limiting'),
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

-- ============ 00-foundation/functions ============
-- Purpose: who asks, what he may, and the three helpers by which every table is protected, audited and touched.
-- Invariants: no context means no rows; helpers of policies run once per statement and read no table that has a policy using them.
-- Lock risk: protect_table and audit_table take ACCESS EXCLUSIVE for a moment on the table they are called for.

create or replace function romashka.begin_request(role_name text, claims jsonb default '{}') returns void language plpgsql set search_path = '' as $$
begin
  if role_name is null or role_name not in ('anon', 'authenticated', 'service_role') then
    raise exception 'unknown role %', role_name using errcode = 'RM400', hint = 'anon, authenticated or service_role';
  end if;
  execute format('set local request.jwt.claims = %L', coalesce(claims, '{}')::text);
  execute format('set local role %I', role_name);
end $$;
comment on function romashka.begin_request(text, jsonb) is 'First statement of a request''s transaction: takes the role and the claims, until the transaction ends.';

create or replace function romashka.current_user_id() returns uuid language plpgsql stable security definer set search_path = '' as $$
-- Definer: reads the map of SQL logins, which nobody else may.
begin
  if pg_catalog.pg_has_role(session_user, 'authenticated', 'member') then
    return nullif(nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid;
  end if;
  return (select login.user_id from romashka.sql_logins as login where login.login = session_user);
end $$;
comment on function romashka.current_user_id() is 'The person who asks: the claims'' sub, or the person a SQL login stands for. Null for keys and the owner.';

create or replace function romashka.my_workspaces(minimum_role text) returns uuid[] language plpgsql stable security definer set search_path = '' as $$
-- Definer: memberships decide over policies and so are read outside of them.
declare
  claims jsonb;
  person uuid;
  chosen uuid;
begin
  if pg_catalog.pg_has_role(session_user, 'authenticated', 'member') then
    claims := nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb;
    chosen := nullif(claims #>> '{app_metadata,workspace_id}', '')::uuid;
    person := nullif(claims ->> 'sub', '')::uuid;
    if person is null then
      if chosen is not null and claims #>> '{app_metadata,actor}' in ('system', 'api', 'ai', 'workflow')
         and coalesce(claims #>> '{app_metadata,workspace_role}', 'agent') = any (romashka.roles_from(minimum_role)) then
        return array[chosen];
      end if;
      return '{}'::uuid[];
    end if;
  else
    select login.user_id, login.workspace_id into person, chosen from romashka.sql_logins as login where login.login = session_user;
  end if;
  return array(
    select member.workspace_id from public.workspace_members as member
     where member.user_id = person and member.status = 'active'
       and member.role = any (romashka.roles_from(minimum_role))
       and (chosen is null or member.workspace_id = chosen));
end $$;
comment on function romashka.my_workspaces(text) is 'The workspaces in which the one who asks has at least the given role; empty without a context.';

create or replace function romashka.is_owner_session() returns boolean language plpgsql stable set search_path = '' as $$
begin
  return pg_catalog.pg_has_role(session_user, 'authenticated', 'member')
     and nullif(pg_catalog.current_setting('request.jwt.claims', true), '') is null;
end $$;
comment on function romashka.is_owner_session() is 'Whether this is the owner of the database at work in SQL, without a request''s context.';

create or replace function romashka.require_role(workspace uuid, minimum_role text) returns void language plpgsql stable set search_path = '' as $$
begin
  if romashka.is_owner_session() or coalesce(romashka.claims() ->> 'role', '') = 'service_role' and romashka.current_user_id() is null then
    return;
  end if;
  if workspace = any (romashka.my_workspaces(minimum_role)) then return; end if;
  if workspace = any (romashka.my_workspaces('viewer')) then
    raise exception 'this needs the role % in the workspace', minimum_role using errcode = 'RM403';
  end if;
  raise exception 'not found' using errcode = 'RM404';
end $$;
comment on function romashka.require_role(uuid, text) is 'Refuses (RM403; RM404 for a foreign workspace) who has less than the given role. The first line of every definer verb.';

create or replace function romashka.actor_kind() returns text language plpgsql stable set search_path = '' as $$
declare
  claims jsonb := romashka.claims();
  named text;
begin
  if claims is not null or romashka.is_owner_session() then
    named := coalesce(nullif(pg_catalog.current_setting('romashka.actor_kind', true), ''), claims #>> '{app_metadata,actor}');
    if named in ('customer', 'agent', 'ai', 'workflow', 'system', 'api') then return named; end if;
    if claims is null then return 'system'; end if;
    if nullif(claims ->> 'sub', '') is not null then return 'agent'; end if;
    return case when claims ->> 'role' = 'anon' then 'customer' else 'system' end;
  end if;
  return case when romashka.current_user_id() is null then 'system' else 'agent' end;
end $$;
comment on function romashka.actor_kind() is 'Who acts: customer, agent, ai, workflow, system or api.';

create or replace function romashka.actor_id() returns uuid language plpgsql stable set search_path = '' as $$
begin
  return coalesce(romashka.current_user_id(), nullif(romashka.claims() #>> '{app_metadata,actor_id}', '')::uuid);
end $$;
comment on function romashka.actor_id() is 'The id of who acts: a person, or the key, workflow or bot named in the claims.';

-- BEFORE UPDATE on every table with updated_at, skipped when the statement set the column itself.
create or replace function public.update_updated_at_column() returns trigger language plpgsql set search_path = '' as $$
begin
  new.updated_at := pg_catalog.now();
  return new;
end $$;
comment on function public.update_updated_at_column() is 'Trigger: the time of the last change.';

create or replace function romashka.refuse_change() returns trigger language plpgsql set search_path = '' as $$
begin
  raise exception '%', coalesce(tg_argv[0], 'this column never changes') using errcode = 'RM422';
end $$;
comment on function romashka.refuse_change() is 'Trigger: refuses the change it is attached to, with the message given.';

create or replace function romashka.touch_table(table_name text) returns void language plpgsql set search_path = '' as $$
begin
  execute format('create or replace trigger %I before update on public.%I for each row '
    'when (old.updated_at is not distinct from new.updated_at) execute function public.update_updated_at_column()',
    'update_' || table_name || '_updated_at', table_name);
end $$;
comment on function romashka.touch_table(text) is 'Keeps updated_at of a table.';

-- One policy per command, to named roles, the helper wrapped so that it runs once per statement; nobody named means nobody may.
create or replace function romashka.protect_table(table_name text, readers text, inserters text, updaters text, removers text) returns void
language plpgsql set search_path = '' as $$
declare
  people constant text := 'authenticated, romashka_agent, romashka_admin';
  condition text;
  command text;
  minimum text;
begin
  execute format('alter table public.%I enable row level security', table_name);
  execute format('alter table public.%I force row level security', table_name);
  execute format('revoke all on public.%I from public, anon, authenticated, service_role, romashka_agent, romashka_admin', table_name);
  for command, minimum in select * from (values ('select', readers), ('insert', inserters), ('update', updaters), ('delete', removers)) as commands (name, who) loop
    condition := case when minimum is null then 'false'
      else format('workspace_id = any ((select romashka.my_workspaces(%L))::uuid[])', minimum) end;
    execute format('drop policy if exists %I on public.%I', table_name || '_' || command, table_name);
    execute format('create policy %I on public.%I for %s to %s%s%s', table_name || '_' || command, table_name, command, people,
      case when command <> 'insert' then format(' using (%s)', condition) end,
      case when command in ('insert', 'update') then format(' with check (%s)', condition) end);
    if minimum is not null then
      execute format('grant %s on public.%I to authenticated, romashka_admin', command, table_name);
      if minimum in ('viewer', 'agent') then execute format('grant %s on public.%I to romashka_agent', command, table_name); end if;
    end if;
    execute format('grant %s on public.%I to service_role', command, table_name);
  end loop;
  -- workspace_id is where a row lives: it never changes, whoever writes.
  execute format('create or replace trigger %I before update of workspace_id on public.%I for each row '
    'when (old.workspace_id is distinct from new.workspace_id) execute function romashka.refuse_change(%L)',
    table_name || '_00_stay_in_workspace', table_name, 'a row never moves to another workspace');
end $$;
comment on function romashka.protect_table(text, text, text, text, text) is
  'Forces row-level security on a tenant table and writes its four policies and grants: the least role that may read, insert, update, delete; null for nobody.';

create or replace function romashka.audit_table(table_name text, secret_columns text[] default '{}') returns void language plpgsql set search_path = '' as $$
declare
  secrets constant text := array_to_string(secret_columns, ',');
begin
  execute format('create or replace trigger %I after insert on public.%I referencing new table as new_rows for each statement '
    'execute function public.log_data_changes(%L, %L)', table_name || '_90_audit_insert', table_name, table_name, secrets);
  execute format('create or replace trigger %I after update on public.%I referencing old table as old_rows new table as new_rows for each statement '
    'execute function public.log_data_changes(%L, %L)', table_name || '_90_audit_update', table_name, table_name, secrets);
  execute format('create or replace trigger %I after delete on public.%I referencing old table as old_rows for each statement '
    'execute function public.log_data_changes(%L, %L)', table_name || '_90_audit_delete', table_name, table_name, secrets);
  execute format('create or replace trigger %I after truncate on public.%I for each statement '
    'execute function public.log_data_changes(%L, %L)', table_name || '_90_audit_truncate', table_name, table_name, secrets);
end $$;
comment on function romashka.audit_table(text, text[]) is 'Records every change of a table in audit_logs; secret columns appear only as changed.';

-- Everything below romashka is closed, then opened by name to those who ask through policies.
revoke execute on all functions in schema romashka from public;
revoke execute on function public.update_updated_at_column() from public;
grant execute on function romashka.begin_request(text, jsonb), romashka.current_user_id(), romashka.my_workspaces(text), romashka.is_owner_session(),
  romashka.require_role(uuid, text), romashka.actor_kind(), romashka.actor_id()
  to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;

create or replace function romashka.grant_function(signature text, variadic roles text[]) returns void language plpgsql set search_path = '' as $$
begin
  execute format('revoke all on function %s from public, anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server', signature);
  if cardinality(roles) > 0 then
    execute format('grant execute on function %s to %s', signature, (select string_agg(quote_ident(role_name), ', ') from unnest(roles) as role_name));
  end if;
end $$;
comment on function romashka.grant_function(text, text[]) is 'Closes a function and opens it to the roles named.';

create or replace function romashka.grant_members(signature text) returns void language plpgsql set search_path = '' as $$
begin
  perform romashka.grant_function(signature, 'authenticated', 'service_role', 'romashka_agent', 'romashka_admin');
end $$;
comment on function romashka.grant_members(text) is 'Opens a function to people and to the service, not to anon. The function checks the workspace itself or runs under policies.';

create or replace function romashka.record_event(workspace uuid, kind text, subject_type text, subject_id uuid, conversation uuid default null,
  payload jsonb default '{}', actor_kind text default null, actor_id uuid default null, occurred_at timestamptz default null) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id, occurred_at, time_basis, payload)
  values (workspace, kind, coalesce(actor_kind, romashka.actor_kind()), coalesce(actor_id, romashka.actor_id()), subject_type, subject_id, conversation,
    coalesce(occurred_at, pg_catalog.now()), case when occurred_at is null then 'recorded' else 'source' end, coalesce(payload, '{}'));
end $$;
comment on function romashka.record_event(uuid, text, text, uuid, uuid, jsonb, text, uuid, timestamptz) is 'Writes one row of the ledger. Called by triggers and verbs, in the transaction of the change.';

-- Readers: everything that is committed for good, in an order that never changes, each row exactly once.
create or replace function public.read_events(reader_name text, batch_size integer default 500) returns setof public.events
language plpgsql security definer set search_path = '' as $$
-- Definer: cursors belong to the service; the workspace is checked first.
declare
  workspace constant uuid := public.current_workspace_id();
  place public.event_cursors;
begin
  perform romashka.require_role(workspace, 'admin');
  insert into public.event_cursors (workspace_id, reader) values (workspace, reader_name) on conflict (workspace_id, reader) do nothing;
  select * into place from public.event_cursors as c where c.workspace_id = workspace and c.reader = reader_name;
  return query
    select e.* from public.events as e
     where e.workspace_id = workspace
       and (e.transaction_id, e.id) > (place.transaction_id, place.event_id)
       and e.transaction_id < pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())
     order by e.transaction_id, e.id
     limit greatest(1, least(batch_size, 10000));
end $$;
comment on function public.read_events(text, integer) is
  'The next events for a reader: only those whose transaction is older than every running one, ordered by transaction and id. advance_reader moves the cursor.';

create or replace function public.advance_reader(reader_name text, to_transaction xid8, to_event bigint) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: as read_events.
declare
  workspace constant uuid := public.current_workspace_id();
begin
  perform romashka.require_role(workspace, 'admin');
  update public.event_cursors as c set transaction_id = to_transaction, event_id = to_event, updated_at = pg_catalog.now()
   where c.workspace_id = workspace and c.reader = reader_name and (c.transaction_id, c.event_id) < (to_transaction, to_event);
end $$;
comment on function public.advance_reader(text, xid8, bigint) is 'Moves a reader''s cursor forward, never back, in the transaction that handled the events.';

create or replace function romashka.ensure_partitions(table_name text, from_day date, to_day date) returns integer language plpgsql set search_path = '' as $$
declare
  month date := pg_catalog.date_trunc('month', from_day)::date;
  child text;
  made integer := 0;
  bounds text;
begin
  while month <= to_day loop
    child := table_name || '_' || to_char(month, 'YYYY_MM');
    if to_regclass('romashka_partitions.' || quote_ident(child)) is null then
      bounds := format('for values from (%L) to (%L)', month || ' 00:00:00+00', (month + interval '1 month')::date || ' 00:00:00+00');
      begin
        execute format('create table romashka_partitions.%I partition of public.%I %s', child, table_name, bounds);
        execute format('alter table romashka_partitions.%I enable row level security', child);
        execute format('alter table romashka_partitions.%I force row level security', child);
        made := made + 1;
      exception when check_violation then
        -- The default partition already holds rows of that month: they stay there, and are found all the same.
        null;
      end;
    end if;
    month := (month + interval '1 month')::date;
  end loop;
  return made;
end $$;
comment on function romashka.ensure_partitions(text, date, date) is 'Makes the monthly partitions (UTC) of an append-only table that cover the days given; returns how many.';
revoke execute on all functions in schema romashka from public;

do $$ begin
  perform romashka.ensure_partitions('events', current_date, current_date + 62);
  perform romashka.touch_table('event_cursors');
  perform romashka.grant_function('public.read_events(text, integer)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.advance_reader(text, xid8, bigint)', 'authenticated', 'service_role', 'romashka_admin');
end $$;
create or replace trigger events_00_append_only before update or delete on public.events for each row
  execute function romashka.refuse_change('the ledger is append-only');

-- ============ 10-workspaces/functions ============
-- Purpose: sign-up, membership, and who is free to take a conversation.
-- Invariants: a person's rights change only by his membership; nobody grants more than he has; the last owner stays.
-- Lock risk: row locks on workspace_members and agent_availability only.

create or replace function romashka.my_colleagues() returns uuid[] language plpgsql stable security definer set search_path = '' as $$
-- Definer: reads memberships outside of their own policy.
declare
  workspaces constant uuid[] := romashka.my_workspaces('viewer');
  me constant uuid := romashka.current_user_id();
begin
  return array(select member.user_id from public.workspace_members as member where member.workspace_id = any (workspaces))
    || case when me is null then '{}'::uuid[] else array[me] end;
end $$;
comment on function romashka.my_colleagues() is 'The people who share a workspace with the one who asks, himself included.';

-- A sign-up makes the profile. What the person says of himself is taken as text, never as a right.
create or replace function romashka.create_profile() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the one who signs up has no rights on profiles yet.
begin
  insert into public.profiles (id, email, full_name, avatar_url)
  values (new.id, coalesce(nullif(lower(new.email), ''), new.id::text || '@invalid'),
    left(coalesce(new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'name'), 500), new.raw_user_meta_data ->> 'avatar_url')
  on conflict do nothing;
  return null;
end $$;
comment on function romashka.create_profile() is 'Trigger on auth.users: a sign-up makes the profile.';
do $$ begin
  if not exists (select from pg_trigger where tgrelid = 'auth.users'::regclass and tgname = 'romashka_create_profile') then
    create trigger romashka_create_profile after insert on auth.users for each row execute function romashka.create_profile();
  end if;
end $$;

-- Nobody edits a right he does not have: the highest role one may give or take is his own, and the last owner stays.
create or replace function romashka.guard_membership() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: counts owners regardless of who asks.
declare
  workspace constant uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
begin
  if tg_op = 'UPDATE' and new.user_id is distinct from old.user_id then
    raise exception 'a membership stays with its person' using errcode = 'RM422';
  end if;
  if not romashka.is_owner_session() and romashka.current_user_id() is not null
     and ((tg_op <> 'INSERT' and old.role = 'owner') or (tg_op <> 'DELETE' and new.role = 'owner'))
     and not workspace = any (romashka.my_workspaces('owner')) then
    raise exception 'only an owner changes an owner' using errcode = 'RM403';
  end if;
  if tg_op <> 'INSERT' and old.role = 'owner' and old.status = 'active'
     and (tg_op = 'DELETE' or new.role <> 'owner' or new.status <> 'active')
     and exists (select from public.workspaces as w where w.id = workspace)
     and exists (select from public.profiles as p where p.id = old.user_id)
     and not exists (select from public.workspace_members as other where other.workspace_id = workspace and other.role = 'owner'
                       and other.status = 'active' and other.user_id <> old.user_id for update) then
    raise exception 'a workspace keeps at least one owner' using errcode = 'RM422', hint = 'Make somebody else an owner first.';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
comment on function romashka.guard_membership() is 'Trigger: only owners change owners, and the last one stays.';
create or replace trigger workspace_members_10_guard before insert or update or delete on public.workspace_members
  for each row execute function romashka.guard_membership();

-- Who leaves hands back what he was working on.
create or replace function romashka.release_member() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: touches conversations of other agents' queues.
begin
  update public.conversations as c set assigned_agent_id = null
   where c.workspace_id = old.workspace_id and c.assigned_agent_id = old.user_id and c.status in ('active', 'escalated');
  if tg_op = 'UPDATE' then
    update public.agent_availability as a set is_online = false, status = 'offline'
     where a.workspace_id = old.workspace_id and a.agent_id = old.user_id;
  end if;
  return null;
end $$;
comment on function romashka.release_member() is 'Trigger: open conversations of somebody who left go back to the queue.';
create or replace trigger workspace_members_20_release_on_update after update of status on public.workspace_members for each row
  when (old.status = 'active' and new.status <> 'active') execute function romashka.release_member();
create or replace trigger workspace_members_20_release_on_delete after delete on public.workspace_members for each row
  execute function romashka.release_member();

-- A workspace gets its numbers and its settings; both are needed before the first conversation.
create or replace function romashka.prepare_workspace() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: makes a sequence in a schema nobody else may use.
begin
  execute format('create sequence if not exists romashka_numbers.%I as bigint', 'conversation_' || replace(new.id::text, '-', ''));
  perform romashka.create_default_settings(new.id);
  return null;
end $$;
comment on function romashka.prepare_workspace() is 'Trigger: numbers and settings of a new workspace.';
create or replace trigger workspaces_10_prepare after insert on public.workspaces for each row execute function romashka.prepare_workspace();
create or replace function romashka.drop_workspace_numbers() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as prepare_workspace.
begin
  execute format('drop sequence if exists romashka_numbers.%I', 'conversation_' || replace(old.id::text, '-', ''));
  return null;
end $$;
comment on function romashka.drop_workspace_numbers() is 'Trigger: the numbers go with the workspace.';
create or replace trigger workspaces_90_drop_numbers after delete on public.workspaces for each row execute function romashka.drop_workspace_numbers();

create or replace function public.create_workspace(slug text, name text, owner_id uuid default null) returns uuid
language plpgsql security definer set search_path = '' as $$
-- Definer: the first membership is made before anybody is a member.
declare
  person constant uuid := coalesce(romashka.current_user_id(), owner_id);
  workspace uuid;
begin
  if romashka.current_user_id() is not null and owner_id is not null and owner_id <> romashka.current_user_id() then
    raise exception 'a workspace is made for oneself' using errcode = 'RM403';
  end if;
  insert into public.workspaces (slug, name) values (create_workspace.slug, create_workspace.name) returning id into workspace;
  if person is not null then
    insert into public.workspace_members (workspace_id, user_id, role) values (workspace, person, 'owner');
  end if;
  return workspace;
end $$;
comment on function public.create_workspace(text, text, uuid) is 'Makes a workspace; the one who asks is its owner (the database owner names one).';

create or replace function public.invite_member(email text, role text default 'agent', workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: writes an invitation that names a stranger.
declare
  token constant text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  perform romashka.require_role(workspace, case when invite_member.role = 'owner' then 'owner' else 'admin' end);
  if invite_member.email !~ '^[^@\s]+@[^@\s]+$' then raise exception 'not an email address' using errcode = 'RM400'; end if;
  insert into public.workspace_invitations (workspace_id, email, role, token_hash, invited_by)
  values (workspace, lower(invite_member.email), invite_member.role, pg_catalog.sha256(convert_to(token, 'UTF8')), romashka.current_user_id());
  return token;
end $$;
comment on function public.invite_member(text, text, uuid) is 'Invites a person; returns the token, which is kept only as a hash and is shown once.';

create or replace function public.accept_invitation(token text) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the invited person is not a member yet.
declare
  me constant uuid := romashka.current_user_id();
  invitation public.workspace_invitations;
begin
  if me is null then raise exception 'sign in first' using errcode = 'RM401'; end if;
  select * into invitation from public.workspace_invitations as i
   where i.token_hash = pg_catalog.sha256(convert_to(token, 'UTF8')) for update;
  if not found or invitation.accepted_at is not null or invitation.expires_at < pg_catalog.now() then
    raise exception 'the invitation is not valid (any more)' using errcode = 'RM404';
  end if;
  if not exists (select from public.profiles as p where p.id = me and lower(p.email) = invitation.email) then
    raise exception 'the invitation is for another address' using errcode = 'RM403';
  end if;
  insert into public.workspace_members as existing (workspace_id, user_id, role, invited_by)
  values (invitation.workspace_id, me, invitation.role, invitation.invited_by)
  on conflict (user_id, workspace_id) do update set role = excluded.role, status = 'active' where existing.status = 'removed';
  update public.workspace_invitations as i set accepted_at = pg_catalog.now() where i.id = invitation.id and i.workspace_id = invitation.workspace_id;
  return invitation.workspace_id;
end $$;
comment on function public.accept_invitation(text) is 'Joins the workspace of an invitation; the signed-in person''s address must be the invited one. Returns the workspace.';

-- An agent is a member. The owner of the database, at work in SQL, makes him one by naming him.
create or replace function romashka.ensure_member(workspace uuid, person uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: looks at memberships of others.
begin
  if exists (select from public.workspace_members as m where m.user_id = person and m.workspace_id = workspace and m.status = 'active') then
    return;
  end if;
  if romashka.is_owner_session() then
    insert into public.workspace_members (workspace_id, user_id, role) values (workspace, person, 'agent')
    on conflict (user_id, workspace_id) do update set status = 'active';
    return;
  end if;
  raise exception 'this person is not a member of the workspace' using errcode = 'RM422', hint = 'Invite the person first.';
end $$;
comment on function romashka.ensure_member(uuid, uuid) is 'Refuses (RM422) who is not an active member; the owner of the database makes the person one.';

create or replace function romashka.prepare_availability() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: counts conversations regardless of who asks.
begin
  if tg_op = 'INSERT' then
    perform romashka.ensure_member(new.workspace_id, new.agent_id);
    new.current_chat_count := (select count(*) from public.conversations as c
      where c.workspace_id = new.workspace_id and c.assigned_agent_id = new.agent_id and c.status in ('active', 'escalated'));
  elsif new.agent_id is distinct from old.agent_id then
    raise exception 'an availability stays with its agent' using errcode = 'RM422';
  elsif not romashka.is_owner_session() and romashka.current_user_id() is not null and new.agent_id <> romashka.current_user_id()
        and not new.workspace_id = any (romashka.my_workspaces('admin')) then
    raise exception 'only admins change the availability of others' using errcode = 'RM403';
  end if;
  return new;
end $$;
comment on function romashka.prepare_availability() is 'Trigger: an agent is a member, starts with his real count, and is changed by himself or an admin.';
create or replace trigger agent_availability_10_insert before insert on public.agent_availability
  for each row execute function romashka.prepare_availability();
create or replace trigger agent_availability_10_update before update on public.agent_availability
  for each row when (pg_trigger_depth() = 0) execute function romashka.prepare_availability();

create or replace function romashka.within_hours(hours jsonb, zone text, at timestamptz) returns boolean language plpgsql stable parallel safe set search_path = '' as $$
declare
  here constant timestamp := at at time zone zone;
  days constant text[] := array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  today constant integer := extract(isodow from here);
  span jsonb;
begin
  span := hours -> days[today];
  if span is not null and span <> 'null'::jsonb and here::time >= (span ->> 'start')::time
     and (here::time < (span ->> 'end')::time or (span ->> 'end')::time <= (span ->> 'start')::time) then
    return true;
  end if;
  -- A shift that started yesterday and runs past midnight.
  span := hours -> days[(today + 5) % 7 + 1];
  return coalesce(span <> 'null'::jsonb and (span ->> 'end')::time <= (span ->> 'start')::time and here::time < (span ->> 'end')::time, false);
end $$;
comment on function romashka.within_hours(jsonb, text, timestamptz) is 'Whether a moment lies within weekly hours, in the time zone given.';

-- Rows are locked one agent at a time. A transaction that holds no agent yet may wait for one; a transaction that holds one never waits,
-- so that no circle of waiting transactions can form; what finds nobody stays in the queue.
create or replace function romashka.pick_agent(workspace uuid, team uuid, department text) returns uuid language plpgsql set search_path = '' as $$
declare
  round_robin constant boolean := romashka.setting(workspace, 'auto_assignment_algorithm') = '"round_robin"'::jsonb;
  wanted_team constant uuid := coalesce(team, (select t.id from public.teams as t
    where t.workspace_id = workspace and lower(t.department) = lower(pick_agent.department)));
  holds_agent constant boolean := coalesce(pg_catalog.current_setting('romashka.holds_agent', true), '') = 'yes';
  at constant timestamptz := pg_catalog.now();
  skipped boolean := false;
  wait boolean := false;
  candidate record;
  taken uuid;
begin
  loop
    for candidate in
      select a.id, a.agent_id
        from public.agent_availability as a
        join public.workspace_members as m on m.user_id = a.agent_id and m.workspace_id = a.workspace_id and m.status = 'active'
        join public.profiles as p on p.id = a.agent_id
       where a.workspace_id = workspace and a.is_online and a.status = 'available' and a.current_chat_count < a.max_concurrent_chats
         and (wanted_team is null or exists (select from public.team_members as t
               where t.team_id = wanted_team and t.workspace_id = workspace and t.user_id = a.agent_id))
         and romashka.within_hours(a.working_hours, p.timezone, at)
       order by case when not round_robin then a.current_chat_count end, a.last_assigned_at nulls first, a.id
    loop
      taken := null;
      if wait then
        select a.agent_id into taken from public.agent_availability as a
         where a.id = candidate.id and a.workspace_id = workspace and a.is_online and a.status = 'available'
           and a.current_chat_count < a.max_concurrent_chats for update;
      else
        select a.agent_id into taken from public.agent_availability as a
         where a.id = candidate.id and a.workspace_id = workspace and a.is_online and a.status = 'available'
           and a.current_chat_count < a.max_concurrent_chats for update skip locked;
        skipped := skipped or taken is null;
      end if;
      if taken is not null then
        set local romashka.holds_agent = 'yes';
        return taken;
      end if;
    end loop;
    exit when wait or holds_agent or not skipped;
    wait := true;
  end loop;
  return null;
end $$;
comment on function romashka.pick_agent(uuid, uuid, text) is
  'Locks and returns an agent who is online, available, below the limit, within working hours and in the right team: the least loaded, or the next in turn. Null when nobody is free.';
revoke execute on all functions in schema romashka from public;

do $$ begin
  perform romashka.touch_table('workspaces');
  perform romashka.touch_table('profiles');
  perform romashka.touch_table('workspace_members');
  perform romashka.touch_table('teams');
  perform romashka.touch_table('agent_availability');
  perform romashka.grant_function('romashka.my_colleagues()', 'authenticated', 'service_role', 'romashka_agent', 'romashka_admin');
  perform romashka.grant_function('public.create_workspace(text, text, uuid)', 'authenticated', 'service_role');
  perform romashka.grant_function('public.invite_member(text, text, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.accept_invitation(text)', 'authenticated', 'service_role');
end $$;

-- ============ 30-channels/functions ============
-- Purpose: channels' widgets, canned responses, and the queue of what came in.
-- Invariants: what arrives twice is stored once; an event is processed only when all its items are; one worker at a time, in the order of its key.
-- Lock risk: row locks on queued events, skipped by whoever claims.
do $$ begin
  perform romashka.ensure_partitions('webhook_events', current_date, current_date + 62);
end $$;

-- ============ 50-knowledge/functions ============
-- Purpose: versions of articles, their use and effect, the trees of categories, and the search.
-- Invariants: every text an article has had is kept under a number of its own; counters equal a recount of knowledge_analytics.
-- Lock risk: a use of an article locks its row; moving categories is serialised within a workspace.

-- ============ 60-workflows/functions ============
-- Purpose: the counters of workflows.
-- Lock risk: the end of a run locks its workflow's row.

-- ============ 80-integrations/functions ============
-- Purpose: the queues out: deliveries to customers, webhooks to subscribers, exchange with other systems.
-- Invariants: an item is held by one worker at a time and never before an earlier one of its key; a lost worker's items come back; nothing is tried for ever.
-- Lock risk: row locks on queued items, skipped by whoever claims.
do $$ begin
  perform romashka.ensure_partitions('webhook_logs', current_date, current_date + 62);
end $$;

-- ============ 90-operations/functions ============
-- Purpose: settings; the audit: recording, sealing, verifying, redacting.
-- Invariants: a write never fails because of who made it; secrets never reach the audit; what is sealed cannot be changed unseen.
-- Lock risk: sealing takes an advisory lock of its workspace, nothing else.

create or replace function romashka.setting(workspace uuid, key text) returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer: what the code obeys does not depend on who happens to run it. Returns one value of the workspace named by the code.
declare
  found_value jsonb;
begin
  select s.setting_value into found_value from public.system_settings as s where s.workspace_id = workspace and s.setting_key = key;
  return coalesce(found_value, romashka.default_setting(key));
end $$;
comment on function romashka.setting(uuid, text) is 'The value of a setting in a workspace, its default where there is no row.';

create or replace function romashka.create_default_settings(workspace uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called for a workspace that has no members yet.
begin
  insert into public.system_settings (workspace_id, setting_key, setting_value, description, is_public, is_effective)
  select workspace, known.setting_key, known.default_value, known.description, known.is_public, known.is_effective
    from romashka.setting_catalogue() as known
  on conflict (workspace_id, setting_key) do nothing;
end $$;
comment on function romashka.create_default_settings(uuid) is 'Gives a workspace the settings it does not have yet, with their defaults.';

create or replace function romashka.prepare_setting() returns trigger language plpgsql set search_path = '' as $$
begin
  new.is_effective := romashka.is_effective_setting(new.setting_key);
  if new.updated_by is null or (tg_op = 'UPDATE' and new.updated_by is not distinct from old.updated_by) then
    new.updated_by := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
  end if;
  return new;
end $$;
comment on function romashka.prepare_setting() is 'Trigger: whether the setting has an effect is the code''s to say; who changed it is taken from the request.';
create or replace trigger system_settings_10_prepare before insert or update of setting_key, setting_value, is_effective on public.system_settings
  for each row execute function romashka.prepare_setting();

-- The audit ------------------------------------------------------------------------------------------------------------

create or replace function romashka.request_address() returns inet language plpgsql stable set search_path = '' as $$
declare
  headers constant text := nullif(pg_catalog.current_setting('request.headers', true), '');
begin
  if headers is null then return null; end if;
  return nullif(btrim(split_part(coalesce(headers::jsonb ->> 'x-forwarded-for', headers::jsonb ->> 'x-real-ip'), ',', 1)), '')::inet;
exception when others then
  return null; -- A header that is no address must not stop the change it came with.
end $$;
comment on function romashka.request_address() is 'The address the request came from, as its headers say; null where they say nothing.';

create or replace function romashka.request_agent() returns text language plpgsql stable set search_path = '' as $$
declare
  headers constant text := nullif(pg_catalog.current_setting('request.headers', true), '');
begin
  if headers is null then return null; end if;
  return left(headers::jsonb ->> 'user-agent', 500);
exception when others then
  return null; -- as request_address
end $$;
comment on function romashka.request_agent() is 'The program the request was made with, as its headers say.';

create or replace function romashka.mask_secrets(image jsonb, secrets text[]) returns jsonb language sql immutable parallel safe
return case when cardinality(secrets) = 0 then image
  else (select jsonb_object_agg(entry.key, case when entry.key = any (secrets) and entry.value <> 'null'::jsonb then '"changed"'::jsonb else entry.value end)
          from jsonb_each(image) as entry) end;
comment on function romashka.mask_secrets(jsonb, text[]) is 'A row''s image in which secret columns say "changed" instead of what they hold.';

create or replace function romashka.changed_columns(before_image jsonb, after_image jsonb, secrets text[]) returns jsonb language sql immutable parallel safe
return (select jsonb_object_agg(coalesce(b.key, a.key), case when coalesce(b.key, a.key) = any (secrets) then '"changed"'::jsonb
                                                           else jsonb_build_object('from', b.value, 'to', a.value) end)
          from jsonb_each(before_image) as b full join jsonb_each(after_image) as a on a.key = b.key
         where b.value is distinct from a.value and coalesce(b.key, a.key) <> 'updated_at');
comment on function romashka.changed_columns(jsonb, jsonb, text[]) is 'The columns that differ, each as {"from": …, "to": …}; null when nothing but updated_at does.';

create or replace function public.log_data_changes() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write the audit himself.
-- An audited table has a column id; the workspace is taken from the row, for workspaces from its id, for people from the request.
declare
  entity constant text := tg_argv[0];
  secrets constant text[] := string_to_array(coalesce(tg_argv[1], ''), ',');
  kind constant text := romashka.actor_kind();
  actor constant uuid := romashka.actor_id();
  person constant uuid := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
  key_id constant uuid := case when kind = 'api' then actor end;
  address constant inet := romashka.request_address();
  program constant text := romashka.request_agent();
  here constant uuid := coalesce(public.current_workspace_id(), romashka.default_workspace_id());
begin
  if tg_op = 'INSERT' then
    insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, api_key_id, action, entity_type, entity_id, changes, ip_address, user_agent)
    select coalesce((row_image.image ->> 'workspace_id')::uuid, case entity when 'workspaces' then (row_image.image ->> 'id')::uuid end, here),
           person, kind, actor, key_id, tg_op, entity, (row_image.image ->> 'id')::uuid, romashka.mask_secrets(row_image.image, secrets), address, program
      from (select to_jsonb(n) as image from new_rows as n) as row_image;
  elsif tg_op = 'DELETE' then
    insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, api_key_id, action, entity_type, entity_id, changes, ip_address, user_agent)
    select coalesce((row_image.image ->> 'workspace_id')::uuid, case entity when 'workspaces' then (row_image.image ->> 'id')::uuid end, here),
           person, kind, actor, key_id, tg_op, entity, (row_image.image ->> 'id')::uuid, romashka.mask_secrets(row_image.image, secrets), address, program
      from (select to_jsonb(o) as image from old_rows as o) as row_image;
  elsif tg_op = 'UPDATE' then
    -- A row whose key was changed has no partner: it appears with its whole image, once as gone and once as come.
    insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, api_key_id, action, entity_type, entity_id, changes, ip_address, user_agent)
    select coalesce((d.image ->> 'workspace_id')::uuid, case entity when 'workspaces' then (d.image ->> 'id')::uuid end, here),
           person, kind, actor, key_id, tg_op, entity, (d.image ->> 'id')::uuid, d.difference, address, program
      from (select coalesce(a.image, b.image) as image,
                   case when b.image is null then jsonb_build_object('row', jsonb_build_object('from', null, 'to', romashka.mask_secrets(a.image, secrets)))
                        when a.image is null then jsonb_build_object('row', jsonb_build_object('from', romashka.mask_secrets(b.image, secrets), 'to', null))
                        else romashka.changed_columns(b.image, a.image, secrets) end as difference
              from (select to_jsonb(o) as image from old_rows as o) as b
              full join (select to_jsonb(n) as image from new_rows as n) as a
                on a.image ->> 'id' = b.image ->> 'id' and coalesce(a.image ->> 'workspace_id', '') = coalesce(b.image ->> 'workspace_id', '')) as d
     where d.difference is not null;
  else
    insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, api_key_id, action, entity_type, ip_address, user_agent)
    values (here, person, kind, actor, key_id, tg_op, entity, address, program);
  end if;
  return null;
end $$;
comment on function public.log_data_changes() is
  'Trigger of romashka.audit_table: writes what a statement changed into audit_logs; of an update the changed columns, of rows made and removed the image, without secrets.';

-- What is recorded stays as it was. The only changes: the chain's columns, once, by seal_audit_logs; personal data taken out, once, by
-- redact_audit; removal by apply_retention; and a person's account gone. Each says so in romashka.audit_work, and the chain shows the rest.
create or replace function romashka.guard_audit() returns trigger language plpgsql set search_path = '' as $$
declare
  work constant text := coalesce(pg_catalog.current_setting('romashka.audit_work', true), '');
  allowed public.audit_logs;
begin
  if tg_op = 'DELETE' then
    if work = 'retention' then return old; end if;
  elsif tg_op = 'UPDATE' then
    allowed := old;
    if work = 'seal' and old.chain_position is null then
      allowed.content_digest := coalesce(old.content_digest, new.content_digest);
      allowed.chain_position := new.chain_position;
      allowed.chain_hash := new.chain_hash;
    elsif work = 'redact' and old.redacted_at is null then
      allowed.changes := new.changes;
      allowed.ip_address := new.ip_address;
      allowed.user_agent := new.user_agent;
      allowed.content_digest := coalesce(old.content_digest, new.content_digest);
      allowed.redacted_at := new.redacted_at;
    elsif new.user_id is null and not exists (select from public.profiles as p where p.id = old.user_id) then
      allowed.user_id := null;
    end if;
    if allowed is not distinct from new and new is distinct from old then return new; end if;
  end if;
  raise exception 'the audit is append-only' using errcode = 'RM422';
end $$;
comment on function romashka.guard_audit() is 'Trigger: refuses every change of audit_logs but the four that the audit itself makes.';
create or replace trigger audit_logs_00_append_only before update or delete on public.audit_logs for each row execute function romashka.guard_audit();
create or replace trigger audit_logs_00_keep before truncate on public.audit_logs for each statement execute function romashka.refuse_change('the audit is append-only');
create or replace trigger audit_logs_00_triggers_only before insert on public.audit_logs for each statement
  when (pg_catalog.pg_trigger_depth() = 0 and coalesce(pg_catalog.current_setting('romashka.audit_work', true), '') <> 'record')
  execute function romashka.refuse_change('the audit is written by the database alone; record_audit records what is no change of a row');
create or replace trigger audit_seals_00_append_only before update or delete on public.audit_seals for each row
  execute function romashka.refuse_change('a seal is never changed');

create or replace function public.record_audit(action text, entity_type text, entity_id uuid default null, details jsonb default '{}',
  workspace uuid default public.current_workspace_id()) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes the audit himself; the actor is taken from the request, not from the caller.
declare
  kind constant text := romashka.actor_kind();
  actor constant uuid := romashka.actor_id();
  made uuid;
begin
  perform romashka.require_role(workspace, 'agent');
  if record_audit.action in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REDACT') then
    raise exception 'the action % is recorded by the database itself', record_audit.action using errcode = 'RM400';
  end if;
  set local romashka.audit_work = 'record';
  insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, api_key_id, action, entity_type, entity_id, changes, ip_address, user_agent)
  values (workspace, (select p.id from public.profiles as p where p.id = romashka.current_user_id()), kind, actor, case when kind = 'api' then actor end,
    record_audit.action, record_audit.entity_type, record_audit.entity_id, details, romashka.request_address(), romashka.request_agent())
  returning id into made;
  set local romashka.audit_work = '';
  return made;
end $$;
comment on function public.record_audit(text, text, uuid, jsonb, uuid) is
  'Records what is no change of a row: a sign-in, an export, a refused attempt. Who did it is taken from the request.';
revoke execute on all functions in schema romashka from public;

do $$ begin
  perform romashka.ensure_partitions('audit_logs', current_date, current_date + 62);
  perform romashka.touch_table('system_settings');
  perform romashka.audit_table('system_settings');
  revoke all on function public.log_data_changes() from public, anon, authenticated, service_role;
  perform romashka.grant_function('romashka.setting(uuid, text)', 'service_role');
  perform romashka.grant_function('public.record_audit(text, text, uuid, jsonb, uuid)', 'authenticated', 'service_role', 'romashka_agent', 'romashka_admin');
end $$;

-- The default workspace, and for every workspace the settings that this version brings.
insert into public.workspaces (id, slug, name) values (romashka.default_workspace_id(), 'default', 'ROMASHKA') on conflict do nothing;
do $$
declare
  place record;
begin
  for place in select w.id from public.workspaces as w loop
    perform romashka.create_default_settings(place.id);
  end loop;
  update public.system_settings as s set is_effective = romashka.is_effective_setting(s.setting_key)
   where s.is_effective is distinct from romashka.is_effective_setting(s.setting_key);
end $$;

-- ============ 30-channels/triggers ============
-- Purpose: updated_at and the audit of these tables. After all functions: the audit's is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('communication_channels');
  perform romashka.touch_table('message_templates');
  perform romashka.touch_table('channel_routing_rules');
  perform romashka.touch_table('widget_configurations');
  perform romashka.audit_table('communication_channels', array['api_credentials', 'webhook_secret']);
  perform romashka.audit_table('message_templates');
  perform romashka.audit_table('channel_routing_rules');
  perform romashka.audit_table('widget_configurations');
  perform romashka.audit_table('canned_responses');
end $$;
-- A use is not an edit.
create or replace trigger update_canned_responses_updated_at before update on public.canned_responses for each row
  when (old.updated_at is not distinct from new.updated_at and old.usage_count = new.usage_count) execute function public.update_updated_at_column();

-- ============ 50-knowledge/triggers ============
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

-- ============ 60-workflows/triggers ============
-- Purpose: updated_at and the audit of these tables. After all functions: the audit's is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('workflows');
  perform romashka.audit_table('workflows');
end $$;

-- ============ 80-integrations/triggers ============
-- Purpose: updated_at and the audit of these tables. After all functions: the audit's is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('integrations');
  perform romashka.touch_table('integration_field_mappings');
  perform romashka.audit_table('integrations', array['credentials']);
  perform romashka.audit_table('integration_field_mappings');
  perform romashka.audit_table('webhook_subscriptions', array['secret_key']);
end $$;

-- ============ 00-foundation/policies ============
-- Purpose: the ledger is read by members; nobody writes it but triggers.
do $$ begin
  perform romashka.protect_table('events', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('event_cursors', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
end $$;

-- ============ 10-workspaces/policies ============
-- Purpose: members see their workspace and each other; admins manage; nobody makes himself more than he is.
do $$ begin
  perform romashka.protect_table('workspace_members', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('workspace_invitations', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('teams', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('team_members', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('agent_availability', readers => 'viewer', inserters => 'admin', updaters => 'agent', removers => 'admin');
end $$;

-- workspaces: the tenant column is the key itself.
alter table public.workspaces enable row level security;
alter table public.workspaces force row level security;
revoke all on public.workspaces from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
drop policy if exists workspaces_select on public.workspaces;
drop policy if exists workspaces_insert on public.workspaces;
drop policy if exists workspaces_update on public.workspaces;
drop policy if exists workspaces_delete on public.workspaces;
create policy workspaces_select on public.workspaces for select to authenticated, romashka_agent, romashka_admin
  using (id = any ((select romashka.my_workspaces('viewer'))::uuid[]));
create policy workspaces_insert on public.workspaces for insert to authenticated, romashka_agent, romashka_admin with check (false);
create policy workspaces_update on public.workspaces for update to authenticated, romashka_agent, romashka_admin
  using (id = any ((select romashka.my_workspaces('admin'))::uuid[])) with check (id = any ((select romashka.my_workspaces('admin'))::uuid[]));
create policy workspaces_delete on public.workspaces for delete to authenticated, romashka_agent, romashka_admin using (false);
grant select on public.workspaces to authenticated, romashka_agent, romashka_admin;
grant update (name, time_zone, business_hours, holidays, default_language, settings, updated_at) on public.workspaces to authenticated, romashka_admin;
grant select, insert, update, delete on public.workspaces to service_role;

-- profiles: seen by oneself and by members of a common workspace; what one may do is not in it, so its owner edits it, the role excepted.
alter table public.profiles enable row level security;
alter table public.profiles force row level security;
revoke all on public.profiles from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
drop policy if exists profiles_select on public.profiles;
drop policy if exists profiles_insert on public.profiles;
drop policy if exists profiles_update on public.profiles;
drop policy if exists profiles_delete on public.profiles;
create policy profiles_select on public.profiles for select to authenticated, romashka_agent, romashka_admin
  using (id = any ((select romashka.my_colleagues())::uuid[]));
create policy profiles_insert on public.profiles for insert to authenticated, romashka_agent, romashka_admin with check (false);
create policy profiles_update on public.profiles for update to authenticated, romashka_agent, romashka_admin
  using (id = (select romashka.current_user_id())) with check (id = (select romashka.current_user_id()));
create policy profiles_delete on public.profiles for delete to authenticated, romashka_agent, romashka_admin using (false);
grant select on public.profiles to authenticated, romashka_agent, romashka_admin;
grant update (full_name, company_name, website_url, avatar_url, timezone, language, onboarding_completed, onboarding_data, settings, updated_at)
  on public.profiles to authenticated, romashka_agent, romashka_admin;
grant select, insert, update, delete on public.profiles to service_role;

-- ============ 30-channels/policies ============
-- Purpose: members see channels, agents use templates and canned responses, admins set up. What came in raw is for admins; only the server stores it.
-- Exceptions: a private canned response is its author's alone.
do $$ begin
  perform romashka.protect_table('communication_channels', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('message_templates', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('channel_routing_rules', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('widget_configurations', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('webhook_events', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('canned_responses', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
end $$;

alter policy canned_responses_select on public.canned_responses
  using (workspace_id = any ((select romashka.my_workspaces('viewer'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_insert on public.canned_responses
  with check (workspace_id = any ((select romashka.my_workspaces('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_update on public.canned_responses
  using (workspace_id = any ((select romashka.my_workspaces('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())))
  with check (workspace_id = any ((select romashka.my_workspaces('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_delete on public.canned_responses
  using (workspace_id = any ((select romashka.my_workspaces('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));

-- ============ 50-knowledge/policies ============
-- Purpose: members read what is known, agents write articles, admins arrange categories and intents. Versions are written by trigger alone.
do $$ begin
  perform romashka.protect_table('knowledge_categories', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('knowledge_items', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('knowledge_versions', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('intent_patterns', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('website_scan_jobs', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('extracted_content', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('playground_sessions', readers => 'agent', inserters => 'agent', updaters => 'agent', removers => 'agent');
end $$;

-- ============ 60-workflows/policies ============
-- Purpose: members see automations and their runs, agents start and stop runs, admins draw workflows.
do $$ begin
  perform romashka.protect_table('workflows', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
end $$;

-- ============ 80-integrations/policies ============
-- Purpose: other systems are the admins' business; how far a message has come is seen by every member and changed by the queue alone.
do $$ begin
  perform romashka.protect_table('integrations', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('integration_field_mappings', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('sync_jobs', readers => 'admin', inserters => 'admin', updaters => null, removers => 'admin');
  perform romashka.protect_table('webhook_subscriptions', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('webhook_logs', readers => 'admin', inserters => null, updaters => null, removers => null);
end $$;

-- ============ 90-operations/policies ============
-- Purpose: members read settings, visitors the public ones of their workspace, admins change them; admins read the audit, nobody writes it.
do $$ begin
  perform romashka.protect_table('system_settings', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('audit_logs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('audit_seals', readers => 'admin', inserters => null, updaters => null, removers => null);
end $$;

-- A visitor of the widget needs the public settings of the workspace he visits before he is anybody.
drop policy if exists system_settings_select on public.system_settings;
create policy system_settings_select on public.system_settings for select to anon, authenticated, romashka_agent, romashka_admin
  using (workspace_id = any ((select romashka.my_workspaces('viewer'))::uuid[])
      or (is_public and workspace_id = (select public.current_workspace_id())));
grant select on public.system_settings to anon;

-- Not even the service writes, changes or removes what was recorded.
revoke insert, update, delete, truncate on public.audit_logs, public.audit_seals from service_role;

-- ============ 00-foundation/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.event_cursors.id is 'The row''s identity, time-ordered.';
comment on column public.event_cursors.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.event_cursors.reader is 'The reader''s name.';
comment on column public.event_cursors.transaction_id is 'The transaction of the last event it has handled.';
comment on column public.event_cursors.event_id is 'The last event it has handled.';
comment on column public.event_cursors.locked_until is 'Until when one of several copies of the reader has the turn.';
comment on column public.event_cursors.locked_by is 'The copy that has the turn.';
comment on column public.event_cursors.created_at is 'When the row was made.';
comment on column public.event_cursors.updated_at is 'When the row was last changed.';
comment on column public.events.id is 'Number in the order of writing.';
comment on column public.events.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.events.transaction_id is 'The transaction that wrote it: readers take only what is older than every running one.';
comment on column public.events.kind is 'What happened: subject.verb, as conversation.resolved.';
comment on column public.events.actor_kind is 'Who did it: customer, agent, ai, workflow, system or api.';
comment on column public.events.actor_id is 'Who exactly; null when nobody is known.';
comment on column public.events.subject_type is 'The table of what it happened to, in the singular.';
comment on column public.events.subject_id is 'The row it happened to.';
comment on column public.events.conversation_id is 'The conversation it is part of; null when of none.';
comment on column public.events.occurred_at is 'When it happened.';
comment on column public.events.time_basis is 'recorded: occurred_at is the moment of writing; source: it was told by the source, as a mail''s date.';
comment on column public.events.recorded_at is 'When it was written. The table is partitioned by it.';
comment on column public.events.payload is 'What readers need to know of it.';
comment on column romashka.sql_logins.login is 'The login role.';
comment on column romashka.sql_logins.user_id is 'The person it stands for.';
comment on column romashka.sql_logins.workspace_id is 'The workspace it works in.';
comment on column romashka.sql_logins.created_at is 'When the row was made.';

-- ============ 10-workspaces/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.agent_availability.id is 'The row''s identity, time-ordered.';
comment on column public.agent_availability.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.agent_availability.agent_id is 'The agent.';
comment on column public.agent_availability.is_online is 'Whether the agent is at work.';
comment on column public.agent_availability.status is 'available, busy, away or offline, as the agent says.';
comment on column public.agent_availability.max_concurrent_chats is 'How many open conversations the agent takes at once.';
comment on column public.agent_availability.current_chat_count is 'How many open conversations the agent has. Kept by triggers.';
comment on column public.agent_availability.last_activity is 'When the agent last did something.';
comment on column public.agent_availability.auto_away_time is 'After how many seconds without activity the agent is away.';
comment on column public.agent_availability.working_hours is 'The agent''s own hours, of the form of workspaces.business_hours; null for the workspace''s.';
comment on column public.agent_availability.last_assigned_at is 'When the agent last got a conversation; round robin goes by it.';
comment on column public.agent_availability.created_at is 'When the row was made.';
comment on column public.agent_availability.updated_at is 'When the row was last changed.';
comment on column public.profiles.id is 'The account in auth.users.';
comment on column public.profiles.email is 'The address the person signs in with.';
comment on column public.profiles.full_name is 'The name colleagues and customers see.';
comment on column public.profiles.company_name is 'The person''s company.';
comment on column public.profiles.website_url is 'The person''s web page.';
comment on column public.profiles.avatar_url is 'The person''s picture.';
comment on column public.profiles.role is 'What earlier versions called the role. Nothing is decided by it: see workspace_members.role.';
comment on column public.profiles.timezone is 'The person''s time zone, an IANA name.';
comment on column public.profiles.language is 'The person''s language, a BCP 47 tag.';
comment on column public.profiles.onboarding_completed is 'Whether the person has been through the introduction.';
comment on column public.profiles.onboarding_data is 'What the introduction asked for.';
comment on column public.profiles.settings is 'The person''s preferences.';
comment on column public.profiles.created_at is 'When the row was made.';
comment on column public.profiles.updated_at is 'When the row was last changed.';
comment on column public.team_members.id is 'The row''s identity, time-ordered.';
comment on column public.team_members.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.team_members.team_id is 'The team.';
comment on column public.team_members.user_id is 'The person, who is a member of the workspace.';
comment on column public.team_members.created_at is 'When the row was made.';
comment on column public.teams.id is 'The row''s identity, time-ordered.';
comment on column public.teams.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.teams.name is 'Its name, for people.';
comment on column public.teams.description is 'What it is for, for people.';
comment on column public.teams.department is 'The department whose conversations the team takes.';
comment on column public.teams.business_hours is 'The team''s own hours; null for the workspace''s.';
comment on column public.teams.created_at is 'When the row was made.';
comment on column public.teams.updated_at is 'When the row was last changed.';
comment on column public.workspace_invitations.id is 'The row''s identity, time-ordered.';
comment on column public.workspace_invitations.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.workspace_invitations.email is 'The address that is invited.';
comment on column public.workspace_invitations.role is 'The role the membership will have.';
comment on column public.workspace_invitations.token_hash is 'SHA-256 of the token in the invitation''s link.';
comment on column public.workspace_invitations.invited_by is 'Who invites.';
comment on column public.workspace_invitations.expires_at is 'Until when it can be accepted.';
comment on column public.workspace_invitations.accepted_at is 'When it was accepted; null while it was not.';
comment on column public.workspace_invitations.created_at is 'When the row was made.';
comment on column public.workspace_members.id is 'The row''s identity, time-ordered.';
comment on column public.workspace_members.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.workspace_members.user_id is 'The person.';
comment on column public.workspace_members.role is 'What the person may do here: viewer, agent, admin or owner.';
comment on column public.workspace_members.status is 'active, or removed: kept for the history, without rights.';
comment on column public.workspace_members.invited_by is 'Who invited the person.';
comment on column public.workspace_members.created_at is 'When the row was made.';
comment on column public.workspace_members.updated_at is 'When the row was last changed.';
comment on column public.workspaces.id is 'The workspace. Every other table refers to it as workspace_id.';
comment on column public.workspaces.slug is 'The short name in addresses, unique over all workspaces.';
comment on column public.workspaces.name is 'Its name, for people.';
comment on column public.workspaces.time_zone is 'The IANA time zone in which its days begin.';
comment on column public.workspaces.business_hours is 'Opening hours: for each weekday in English an object with start and end; a day that is absent is closed.';
comment on column public.workspaces.holidays is 'Days on which it is closed.';
comment on column public.workspaces.default_language is 'The language where nothing else is known, a BCP 47 tag.';
comment on column public.workspaces.settings is 'Further settings as an object; those with a meaning are in system_settings.';
comment on column public.workspaces.status is 'active or suspended; in a suspended one nothing new begins.';
comment on column public.workspaces.legal_hold is 'While true, retention and erasure delete nothing.';
comment on column public.workspaces.created_at is 'When the row was made.';
comment on column public.workspaces.updated_at is 'When the row was last changed.';

-- ============ 90-operations/comments ============
-- Purpose: what the columns mean. The documentation is generated from these comments.
comment on column public.system_settings.id is 'The row''s identity, time-ordered.';
comment on column public.system_settings.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.system_settings.setting_key is 'Its key; those of the catalogue have a meaning, others are the owner''s own.';
comment on column public.system_settings.setting_value is 'Its value, of the shape the key needs.';
comment on column public.system_settings.description is 'What it is for, for people.';
comment on column public.system_settings.is_public is 'Whether visitors who are not signed in may read it.';
comment on column public.system_settings.is_effective is 'Whether this version obeys it. Kept by a trigger.';
comment on column public.system_settings.updated_by is 'Who changed it last.';
comment on column public.system_settings.created_at is 'When the row was made.';
comment on column public.system_settings.updated_at is 'When the row was last changed.';
comment on column public.audit_logs.id is 'The row''s identity, time-ordered.';
comment on column public.audit_logs.workspace_id is 'The workspace of the changed row. No foreign key: the audit outlives it.';
comment on column public.audit_logs.user_id is 'The person who did it, null for keys, programs and people who are gone.';
comment on column public.audit_logs.actor_kind is 'customer, agent, ai, workflow, system or api.';
comment on column public.audit_logs.actor_id is 'The id of who did it, kept when the person is gone.';
comment on column public.audit_logs.api_key_id is 'The key it was done with.';
comment on column public.audit_logs.action is 'INSERT, UPDATE, DELETE, TRUNCATE, REDACT, or what record_audit was told.';
comment on column public.audit_logs.entity_type is 'The table, or what record_audit was told.';
comment on column public.audit_logs.entity_id is 'The row.';
comment on column public.audit_logs.changes is 'Of an update {"column": {"from": …, "to": …}}, else the image; secrets say "changed".';
comment on column public.audit_logs.ip_address is 'From where, as the request''s headers say.';
comment on column public.audit_logs.user_agent is 'With which program, as the request''s headers say.';
comment on column public.audit_logs.created_at is 'When the transaction began that did it.';
comment on column public.audit_logs.transaction_id is 'The transaction that did it; rows are sealed when it is older than every running one.';
comment on column public.audit_logs.sequence is 'The order of recording.';
comment on column public.audit_logs.content_digest is 'SHA-256 of what was recorded; stays when personal data is taken out.';
comment on column public.audit_logs.chain_position is 'The row''s place in the chain of its workspace; null until it is sealed.';
comment on column public.audit_logs.chain_hash is 'SHA-256 over the chain''s hash before it and the row''s digest.';
comment on column public.audit_logs.redacted_at is 'When personal data was taken out of it.';
comment on column public.audit_seals.id is 'The row''s identity, time-ordered.';
comment on column public.audit_seals.workspace_id is 'The workspace whose chain it is. No foreign key: the seals outlive it.';
comment on column public.audit_seals.kind is 'head: the end of the chain at that time; pruned: up to where retention removed rows.';
comment on column public.audit_seals.chain_position is 'The place in the chain.';
comment on column public.audit_seals.chain_hash is 'The chain''s hash at that place.';
comment on column public.audit_seals.row_count is 'How many rows were sealed, or removed.';
comment on column public.audit_seals.created_at is 'When the row was made.';

commit;
