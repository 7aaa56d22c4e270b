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
      using errcode = 'RM409', hint = 'romashka adopt, or migrations/001_complete_schema.sql, takes its rows over. Nothing here was changed.';
  end if;
end $$;

create schema if not exists romashka;
create schema if not exists romashka_numbers;
comment on schema romashka is 'Internals of ROMASHKA: helpers of policies and triggers. Not exposed by an API.';
comment on schema romashka_numbers is 'One sequence per workspace: its short conversation numbers.';

-- The values a column of the hot tables may have. A domain is checked where a value is written, with an expression the session has
-- read already; a table's CHECK is read anew by every statement, for every column (measured: a third of the cost of a message).
do $$
declare
  wanted record;
begin
  for wanted in select * from (values
      ('channel_type', 'text', $c$value in ('whatsapp', 'messenger', 'instagram', 'email', 'sms', 'website', 'api')$c$, 'The kind of a channel.'),
      ('conversation_status', 'text', $c$value in ('active', 'resolved', 'escalated', 'closed')$c$, 'Where a conversation stands. Open: active (with the assistant or an agent), escalated (a person is wanted).'),
      ('priority', 'text', $c$value in ('low', 'normal', 'high', 'urgent')$c$, 'How urgent something is.'),
      ('sentiment', 'text', $c$value in ('positive', 'negative', 'neutral')$c$, 'The mood of a text.'),
      ('rating', 'numeric', 'value between 0 and 10', 'What a customer thinks of a conversation, on the workspace''s scale.'),
      ('share', 'numeric', 'value between 0 and 1', 'A part of a whole, or a probability.'),
      ('json_fields', 'jsonb', $c$jsonb_typeof(value) = 'object'$c$, 'A JSON object, never a list or a bare value.'),
      ('counter', 'integer', 'value >= 0', 'How many there are; never less than none.'),
      ('seconds', 'integer', 'value > 0', 'A length of time in seconds.'),
      ('max_concurrent_chats', 'integer', 'value between 0 and 1000', 'How many conversations an agent has at most at a time.'),
      ('availability', 'text', $c$value in ('available', 'busy', 'away', 'offline')$c$, 'Whether an agent takes conversations.'),
      ('customer_status', 'text', $c$value in ('active', 'blocked', 'vip')$c$, 'How a customer stands.'),
      ('sla_type', 'text', $c$value in ('first_response', 'next_response', 'resolution', 'handoff')$c$, 'What a clock measures.'),
      ('sla_status', 'text', $c$value in ('met', 'breached', 'pending')$c$, 'How a promise stands.'),
      ('sender_type', 'text', $c$value in ('user', 'ai', 'agent')$c$, 'Who said something: the customer (user), the assistant (ai), a person (agent).'),
      ('message_type', 'text', $c$value in ('text', 'image', 'audio', 'video', 'document', 'location', 'contact', 'sticker', 'reaction', 'template', 'interactive', 'system')$c$, 'The form of a message.'),
      ('delivery_status', 'text', $c$value in ('scheduled', 'queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'cancelled')$c$, 'How far a message has come on its way.'),
      ('actor', 'text', $c$value in ('customer', 'agent', 'ai', 'workflow', 'system', 'api')$c$, 'The kind of who did something.'),
      ('event_kind', 'text', $c$value ~ '^[a-z_]+\.[a-z_]+$'$c$, 'What happened, as subject.verb.'),
      ('time_basis', 'text', $c$value in ('recorded', 'source')$c$, 'Where a time comes from: this database''s clock, or the source that told of it.'),
      ('resolver', 'text', $c$value in ('ai', 'agent', 'abandoned')$c$, 'Who resolved a conversation; abandoned: nobody answered.'),
      ('resolution', 'text', $c$value in ('solved', 'escalated', 'abandoned', 'spam')$c$, 'How a conversation ended.')
    ) as domains (name, base, rule, meaning)
  loop
    if to_regtype('romashka.' || wanted.name) is null then
      execute format('create domain romashka.%I as %s constraint %I check (%s)', wanted.name, wanted.base, wanted.name || '_check', wanted.rule);
    end if;
    execute format('comment on domain romashka.%I is %L', wanted.name, wanted.meaning);
  end loop;
end $$;

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
  -- Indexes name the schema: an extension that was put elsewhere, as older installations did, is moved.
  if (select n.nspname <> 'extensions' from pg_extension as e join pg_namespace as n on n.oid = e.extnamespace where e.extname = 'pg_trgm') then
    if target = 'public' then
      create schema extensions;
      grant usage on schema extensions to public;
    end if;
    begin
      alter extension pg_trgm set schema extensions;
    exception when insufficient_privilege then
      -- Its functions belong to a superuser. Who created it may drop it where nothing of his own needs it.
      begin
        drop extension pg_trgm;
      exception when dependent_objects_still_exist then
        raise exception 'the extension pg_trgm is not in the schema extensions, and indexes or functions need it where it is'
          using errcode = 'RM409', hint = 'As a superuser: alter extension pg_trgm set schema extensions;';
      end;
      create extension pg_trgm schema extensions;
    end;
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
  -- Accounts that an earlier installation made for itself get what this one reads.
  if (select pg_has_role(c.relowner, 'usage') and pg_get_userbyid(c.relowner) <> 'supabase_auth_admin' from pg_class as c where c.oid = 'auth.users'::regclass)
     and (select count(*) from pg_attribute as a where a.attrelid = 'auth.users'::regclass and not a.attisdropped and a.attname in ('email', 'encrypted_password',
            'email_confirmed_at', 'last_sign_in_at', 'raw_app_meta_data', 'raw_user_meta_data', 'created_at', 'updated_at')) < 8 then
    alter table auth.users add column if not exists email text, add column if not exists encrypted_password text, add column if not exists email_confirmed_at timestamptz,
      add column if not exists last_sign_in_at timestamptz, add column if not exists raw_app_meta_data jsonb not null default '{}',
      add column if not exists raw_user_meta_data jsonb not null default '{}', add column if not exists created_at timestamptz not null default now(),
      add column if not exists updated_at timestamptz not null default now();
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
do $$ begin
  if to_regtype('romashka.working_hours') is null then
    create domain romashka.working_hours as jsonb constraint working_hours_check check (romashka.is_weekly_hours(value));
  end if;
end $$;
comment on domain romashka.working_hours is 'Hours of a week: {"monday": {"start": "09:00", "end": "17:00"}, …}, as romashka.is_weekly_hours wants them.';
revoke execute on function romashka.is_time_zone(text), romashka.is_weekly_hours(jsonb) from public;
grant execute on function romashka.is_time_zone(text), romashka.is_weekly_hours(jsonb)
  to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;

-- What a message is searched by: its words in its language; its workspace, so that the index of one workspace is not read for another;
-- and the hour it is of, so that a search can look at the newest first and stop when its page is full, however much there is.
create or replace function romashka.workspace_lexeme(workspace uuid) returns text language sql immutable parallel safe
return 'workspace:' || workspace::text;
comment on function romashka.workspace_lexeme(uuid) is 'The word by which search keeps workspaces apart.';
create or replace function romashka.hour_of(at timestamptz) returns bigint language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return case when isfinite(at) then floor(extract(epoch from at) / 3600)::bigint else 0 end;
end $$;
comment on function romashka.hour_of(timestamptz) is 'The number of an hour, counted from the beginning of 1970 in UTC.';
create or replace function romashka.hours_query(workspace uuid, newest bigint, hours integer) returns tsquery language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return (select string_agg(quote_literal('hour:' || workspace::text || ':' || n), '|') from generate_series(newest - hours + 1, newest) as n)::tsquery;
end $$;
comment on function romashka.hours_query(uuid, bigint, integer) is 'What finds the messages of a workspace within so many hours, of which the newest is given.';
-- Not in SQL: an index's expression is planned anew by every statement, with all functions in SQL that it calls.
-- Its cost is what it is: a plan that computes documents instead of reading the index is never the cheaper one.
create or replace function romashka.message_document(workspace uuid, at timestamptz, language text, content text) returns tsvector language plpgsql immutable parallel safe cost 5000 set search_path = '' as $$
begin
  return to_tsvector(case when language = 'en' then 'pg_catalog.english'::regconfig else romashka.search_configuration(language) end, left(content, 100000))
    || array_to_tsvector(array['workspace:' || workspace::text,
         'hour:' || workspace::text || ':' || case when isfinite(at) then floor(extract(epoch from at) / 3600)::bigint else 0 end]);
end $$;
comment on function romashka.message_document(uuid, timestamptz, text, text) is 'The search document of a message.';
revoke execute on function romashka.workspace_lexeme(uuid), romashka.hour_of(timestamptz), romashka.hours_query(uuid, bigint, integer), romashka.message_document(uuid, timestamptz, text, text) from public;
grant execute on function romashka.workspace_lexeme(uuid), romashka.hour_of(timestamptz), romashka.hours_query(uuid, bigint, integer), romashka.message_document(uuid, timestamptz, text, text)
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

-- ============ 00-foundation/functions ============
-- Purpose: who asks, what he may, and the three helpers by which every table is protected, audited and touched.
-- Invariants: no context means no rows; helpers of policies run once per statement and read no table that has a policy using them.
-- Lock risk: protect_table and audit_table take ACCESS EXCLUSIVE for a moment on the table they are called for.

create or replace function romashka.begin_request(role_name text, claims jsonb default '{}') returns void language plpgsql set search_path = '' as $$
declare
  believed constant text := coalesce(claims, '{}')::text;
  workspaces text;
begin
  if role_name is null or role_name not in ('anon', 'authenticated', 'service_role') then
    raise exception 'unknown role %', role_name using errcode = 'RM400', hint = 'anon, authenticated or service_role';
  end if;
  execute format('set local request.jwt.claims = %L', believed);
  -- Memberships are looked up once for all statements of the transaction: see romashka.workspaces_of_request.
  if role_name = 'authenticated' then workspaces := romashka.workspaces_by_role(); end if;
  execute format('set local romashka.context = %L; set local romashka.workspaces = %L; set local role %I',
    case when workspaces is not null then believed else '' end, coalesce(workspaces, ''), role_name);
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

create or replace function romashka.workspaces_by_role() returns text language plpgsql stable security definer set search_path = '' as $$
-- Definer: as my_workspaces.
declare
  claims constant jsonb := case when pg_catalog.pg_has_role(session_user, 'authenticated', 'member')
                                then nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb end;
  person constant uuid := nullif(claims ->> 'sub', '')::uuid;
  chosen constant uuid := nullif(claims #>> '{app_metadata,workspace_id}', '')::uuid;
begin
  if person is null then return null; end if;
  return (
    select concat_ws('|', coalesce(array_agg(member.workspace_id) filter (where member.role in ('viewer', 'agent', 'admin', 'owner')), '{}'),
             coalesce(array_agg(member.workspace_id) filter (where member.role in ('agent', 'admin', 'owner')), '{}'),
             coalesce(array_agg(member.workspace_id) filter (where member.role in ('admin', 'owner')), '{}'),
             coalesce(array_agg(member.workspace_id) filter (where member.role = 'owner'), '{}'))
      from public.workspace_members as member
     where member.user_id = person and member.status = 'active' and (chosen is null or member.workspace_id = chosen));
end $$;
comment on function romashka.workspaces_by_role() is
  'The workspaces in which the one who asks is at least viewer, agent, admin, owner: four arrays, separated by |. Null where memberships do not decide.';

-- In SQL, so that a plan holds its text and not a call: a function costs a statement of a few rows a third of its time.
-- What begin_request looked up counts for the very claims it was looked up for, and only where claims are believed; else memberships are read.
create or replace function romashka.workspaces_of_request(minimum_role text) returns uuid[] language sql stable
return case
  when nullif(current_setting('romashka.context', true), '') = current_setting('request.jwt.claims', true) and pg_has_role(session_user, 'authenticated', 'member')
  then split_part(current_setting('romashka.workspaces', true), '|', case minimum_role when 'viewer' then 1 when 'agent' then 2 when 'admin' then 3 else 4 end)::uuid[]
  else romashka.my_workspaces(minimum_role) end;
comment on function romashka.workspaces_of_request(text) is 'The condition of policies: as my_workspaces, from what begin_request looked up for the transaction.';

create or replace function romashka.forget_workspaces() returns trigger language plpgsql set search_path = '' as $$
begin
  set local romashka.context = '';
  return null;
end $$;
comment on function romashka.forget_workspaces() is 'Trigger: memberships changed; what begin_request looked up does not hold any more in this transaction.';

create or replace function romashka.is_owner_session() returns boolean language plpgsql stable set search_path = '' as $$
begin
  -- "role" is what SET ROLE chose, also within a definer function: who took a request's role is not the owner, claims or none.
  return pg_catalog.pg_has_role(session_user, 'authenticated', 'member')
     and nullif(pg_catalog.current_setting('request.jwt.claims', true), '') is null
     and pg_catalog.current_setting('role', true) not in ('anon', 'authenticated', 'romashka_agent', 'romashka_admin');
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

create or replace function romashka.touch_table(table_name text, written_by_people text[] default null) returns void language plpgsql set search_path = '' as $$
begin
  execute format('create or replace trigger %I before update %s on public.%I for each row '
    'when (old.updated_at is not distinct from new.updated_at) execute function public.update_updated_at_column()',
    'update_' || table_name || '_updated_at',
    (select 'of ' || string_agg(format('%I', name), ', ' order by place) from unnest(written_by_people) with ordinality as columns (name, place)), table_name);
end $$;
comment on function romashka.touch_table(text, text[]) is
  'Keeps updated_at of a table. With a list of columns, where the others are counters whose triggers set updated_at themselves: a condition costs each of their statements.';

-- One policy per command, to named roles, the helper wrapped so that it runs once per statement; nobody named means nobody may.
-- Written out for reads: a plan that is made anew would read and check the function's text again, which is a quarter of the time of a small read.
create or replace function romashka.members_condition(minimum_role text, written_out boolean default false) returns text
language sql immutable set search_path = ''
return 'workspace_id = any ((select ' || case when written_out then format(
  'case when nullif(current_setting(%L, true), %L) = current_setting(%L, true) and pg_has_role(session_user, %L, %L) '
  'then split_part(current_setting(%L, true), %L, %s)::uuid[] else romashka.my_workspaces(%L) end',
  'romashka.context', '', 'request.jwt.claims', 'authenticated', 'member', 'romashka.workspaces', '|',
  case minimum_role when 'viewer' then 1 when 'agent' then 2 when 'admin' then 3 else 4 end, minimum_role)
else format('romashka.workspaces_of_request(%L)', minimum_role) end || ')::uuid[])';
comment on function romashka.members_condition(text, boolean) is
  'The text of a policy''s condition: the row''s workspace is one in which the one who asks has at least the role; with workspaces_of_request as a call, or written out.';

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
      else romashka.members_condition(minimum, written_out => command = 'select') end;
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

create or replace function romashka.audit_table(table_name text, secret_columns text[] default '{}', left_out text[] default '{}', counters text[] default null) returns void
language plpgsql set search_path = '' as $$
declare
  secrets constant text := array_to_string(secret_columns, ',');
  unrecorded constant text := array_to_string(left_out, ',');
  columns text[];
begin
  execute format('create or replace trigger %I after insert on public.%I referencing new table as new_rows for each statement '
    'execute function public.log_data_changes(%L, %L, %L)', table_name || '_90_audit_insert', table_name, table_name, secrets, unrecorded);
  if counters is null then
    execute format('create or replace trigger %I after update on public.%I referencing old table as old_rows new table as new_rows for each statement '
      'execute function public.log_data_changes(%L, %L, %L)', table_name || '_90_audit_update', table_name, table_name, secrets, unrecorded);
  else
    -- A list of columns cannot go with the tables of a statement's rows. With it, a statement that only counts costs nothing.
    columns := array(select a.attname::text from pg_catalog.pg_attribute as a
                      where a.attrelid = format('public.%I', table_name)::regclass and a.attnum > 0 and not a.attisdropped
                        and a.attname <> all (counters || array['id', 'workspace_id', 'created_at', 'updated_at'])
                        -- Columns of the owner's own are not recorded.
                        and not exists (select from public.adopted_tables as t where format('column public.%I.%I', audit_table.table_name, a.attname) = any (t.own_objects))
                      order by a.attnum);
    execute format('create or replace trigger %I after update of %s on public.%I for each row when (%s) execute function romashka.log_row_change(%L)',
      table_name || '_90_audit_update',
      (select string_agg(format('%I', name), ', ' order by place) from unnest(columns) with ordinality as recorded (name, place)), table_name,
      (select string_agg(format('old.%1$I is distinct from new.%1$I', name), ' or ' order by place) from unnest(columns) with ordinality as recorded (name, place)), table_name);
  end if;
  execute format('create or replace trigger %I after delete on public.%I referencing old table as old_rows for each statement '
    'execute function public.log_data_changes(%L, %L, %L)', table_name || '_90_audit_delete', table_name, table_name, secrets, unrecorded);
  execute format('create or replace trigger %I after truncate on public.%I for each statement '
    'execute function public.log_data_changes(%L, %L, %L)', table_name || '_90_audit_truncate', table_name, table_name, secrets, unrecorded);
end $$;
comment on function romashka.audit_table(text, text[], text[], text[]) is
  'Records every change of a table in audit_logs; secret columns appear only as changed; columns left out (counters, what is derived) not at all. Counters that change often are named as such: an update of them alone is not looked at.';

-- Everything below romashka is closed, then opened by name to those who ask through policies.
revoke execute on all functions in schema romashka from public;
revoke all on function public.update_updated_at_column() from public, anon, authenticated, service_role;
grant execute on function romashka.begin_request(text, jsonb), romashka.current_user_id(), romashka.my_workspaces(text),
  romashka.workspaces_by_role(), romashka.workspaces_of_request(text), romashka.is_owner_session(),
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

create or replace function romashka.guard_ledger() returns trigger language plpgsql set search_path = '' as $$
declare
  allowed public.events;
begin
  if tg_op = 'UPDATE' and coalesce(pg_catalog.current_setting('romashka.audit_work', true), '') = 'redact' then
    allowed := old;
    allowed.payload := new.payload;
    if allowed is not distinct from new then return new; end if;
  end if;
  raise exception 'the ledger is append-only' using errcode = 'RM422';
end $$;
comment on function romashka.guard_ledger() is 'Trigger: refuses every change of the ledger but one, words about a person who is erased.';

create or replace function romashka.in_ledger(transaction xid8) returns xid8 language plpgsql stable security definer set search_path = '' as $$
-- Definer: nobody reads ledger_origin.
declare
  raised_by constant bigint := (select o.transaction_offset from romashka.ledger_origin as o);
begin
  if raised_by is null then return transaction; end if;
  return (transaction::text::numeric + raised_by)::text::xid8;
end $$;
comment on function romashka.in_ledger(xid8) is 'The number under which a transaction of this server stands in the ledger.';

create or replace function romashka.continue_ledger() returns bigint language plpgsql security definer set search_path = '' as $$
-- Definer: changes a default of the ledger; the owner's alone.
declare
  here constant xid8 := pg_catalog.pg_current_xact_id();
  newest xid8;
  raise_by bigint;
begin
  if not romashka.is_owner_session() then
    raise exception 'only the owner of the database moves the ledger' using errcode = 'RM403';
  end if;
  lock table public.events in access exclusive mode;
  newest := greatest((select e.transaction_id from public.events as e order by e.transaction_id desc limit 1),
                     (select c.transaction_id from public.event_cursors as c order by c.transaction_id desc limit 1));
  if newest is null or newest < romashka.in_ledger(here) then
    return coalesce((select o.transaction_offset from romashka.ledger_origin as o), 0);
  end if;
  raise_by := (newest::text::numeric + 1 - here::text::numeric)::bigint;
  insert into romashka.ledger_origin as o (transaction_offset, moved_at) values (raise_by, pg_catalog.now())
  on conflict (only_row) do update set transaction_offset = excluded.transaction_offset, moved_at = excluded.moved_at;
  execute format('alter table public.events alter column transaction_id set default ((pg_catalog.pg_current_xact_id()::text::numeric + %s)::text::xid8)', raise_by);
  return raise_by;
end $$;
comment on function romashka.continue_ledger() is
  'After a dump was restored on another server: lets the ledger go on where it ended, so that its readers see what happens from now on. Returns by how much the numbers of transactions are raised. Does nothing where it goes on by itself.';

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
       and e.transaction_id < romashka.in_ledger(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()))
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

create or replace function romashka.take_ledger_page(workspace uuid, reader_name text, batch_size integer,
  out after_transaction xid8, out after_event bigint, out to_transaction xid8, out to_event bigint)
language plpgsql set search_path = '' as $$
-- For readers within the database, whose work is one transaction: what they do and the cursor's move are one commit, and two never have the same page.
declare
  at constant timestamptz := pg_catalog.now();
  horizon constant xid8 := romashka.in_ledger(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));
begin
  select c.transaction_id, c.event_id into after_transaction, after_event from public.event_cursors as c
   where c.workspace_id = workspace and c.reader = reader_name for update skip locked;
  if not found then return; end if;
  select e.transaction_id, e.id into to_transaction, to_event
    from (select x.transaction_id, x.id from public.events as x
           where x.workspace_id = workspace and (x.transaction_id, x.id) > (after_transaction, after_event) and x.transaction_id < horizon
           order by x.transaction_id, x.id limit greatest(1, least(batch_size, 10000))) as e
   order by e.transaction_id desc, e.id desc limit 1;
  if not found then return; end if;
  update public.event_cursors as c set transaction_id = to_transaction, event_id = to_event, updated_at = at
   where c.workspace_id = workspace and c.reader = reader_name;
end $$;
comment on function romashka.take_ledger_page(uuid, text, integer) is
  'The next page of the ledger for a reader whose cursor is there: from behind one event up to and including another. The cursor moves at once. Nulls when nothing is new or somebody else has the cursor.';

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
  perform romashka.grant_function('romashka.in_ledger(xid8)', 'authenticated', 'service_role', 'romashka_agent', 'romashka_admin');
  perform romashka.grant_function('public.read_events(text, integer)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.advance_reader(text, xid8, bigint)', 'authenticated', 'service_role', 'romashka_admin');
end $$;
create or replace trigger events_00_append_only before update or delete on public.events for each row
  execute function romashka.guard_ledger();

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
     and not workspace = any (romashka.my_workspaces('owner'))
     -- The first member of a new workspace is the one who made it.
     and (tg_op <> 'INSERT' or exists (select from public.workspace_members as m where m.workspace_id = workspace)) then
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
  -- Who comes back is here now, or the next look for idle agents would send him away again.
  if tg_op = 'UPDATE' and new.is_online and new.status in ('available', 'busy') and (not old.is_online or old.status not in ('available', 'busy'))
     and new.last_activity is not distinct from old.last_activity then
    new.last_activity := pg_catalog.now();
  end if;
  return new;
end $$;
comment on function romashka.prepare_availability() is 'Trigger: an agent is a member, starts with his real count, is changed by himself or an admin, and is active when he comes back.';
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

create or replace function romashka.is_open(workspace uuid, at timestamptz) returns boolean language plpgsql stable security definer set search_path = '' as $$
-- Definer: visitors and the assistant ask as well. Open is when a clock of a service level would run.
begin
  return (select romashka.business_seconds(w.business_hours, w.time_zone, w.holidays, at, at + interval '1 second') > 0
            from public.workspaces as w where w.id = workspace);
end $$;
comment on function romashka.is_open(uuid, timestamptz) is 'Whether a moment lies within the workspace''s business hours, and on no holiday.';

-- No circle of waiting transactions can form: a transaction waits for an agent only when it holds none, or none whose id is
-- higher; update_agent_chat_count keeps the same order. A row that was waited for and turns out to be full is held all the
-- same, so the wait is undone. What finds nobody stays in the queue.
create or replace function romashka.pick_agent(workspace uuid, team uuid, department text, leaving uuid default null, named uuid default null) returns uuid language plpgsql set search_path = '' as $$
declare
  round_robin constant boolean := romashka.setting(workspace, 'auto_assignment_algorithm') = '"round_robin"'::jsonb;
  wanted_team constant uuid := coalesce(team, (select t.id from public.teams as t
    where t.workspace_id = workspace and lower(t.department) = lower(pick_agent.department)));
  holds_agent constant boolean := coalesce(pg_catalog.current_setting('romashka.holds_agent', true), '') = 'yes';
  at constant timestamptz := pg_catalog.now();
  held uuid;
  skipped boolean;
  candidate record;
  zone text;
  taken uuid;
  fits boolean;
begin
  if leaving is not null and not holds_agent then
    -- He is written too; waited for now, he is in order.
    select a.agent_id into held from public.agent_availability as a where a.agent_id = leaving and a.workspace_id = workspace for update;
  end if;
  for round in 0 .. 20 loop
    skipped := false;
    for candidate in
      select a.id, a.agent_id, a.working_hours from public.agent_availability as a
       where a.workspace_id = workspace and a.is_online and a.status = 'available' and a.current_chat_count < a.max_concurrent_chats
         and (named is null or a.agent_id = named)
         and (wanted_team is null or named is not null or exists (select from public.team_members as t
               where t.team_id = wanted_team and t.workspace_id = workspace and t.user_id = a.agent_id))
       order by case when not round_robin then a.current_chat_count end, a.last_assigned_at nulls first, a.id
    loop
      -- Asked of one after the other: the first is nearly always a member within his hours, and the question costs more than the rest.
      select p.timezone into zone from public.workspace_members as m join public.profiles as p on p.id = m.user_id
       where m.user_id = candidate.agent_id and m.workspace_id = workspace and m.status = 'active';
      continue when not found or not romashka.within_hours(candidate.working_hours, zone, at);
      if round > 0 and (held is null or candidate.agent_id > held) then
        begin
          select a.agent_id into taken from public.agent_availability as a
           where a.id = candidate.id and a.workspace_id = workspace and a.is_online and a.status = 'available'
             and a.current_chat_count < a.max_concurrent_chats for update;
          if taken is null then raise exception using errcode = 'RM409'; end if;
        exception when sqlstate 'RM409' then
          null; -- what the wait locked is free again
        end;
      else
        select a.agent_id, a.is_online and a.status = 'available' and a.current_chat_count < a.max_concurrent_chats into taken, fits
          from public.agent_availability as a where a.id = candidate.id and a.workspace_id = workspace for update skip locked;
        skipped := skipped or taken is null;
        if not fits then
          held := greatest(held, taken);
          taken := null;
        end if;
      end if;
      if taken is not null then
        set local romashka.holds_agent = 'yes';
        return taken;
      end if;
    end loop;
    exit when holds_agent or not skipped;
    -- Somebody with a lower id is locked by another: only time frees him.
    if round > 0 then perform pg_catalog.pg_sleep(0.005); end if;
  end loop;
  return null;
end $$;
comment on function romashka.pick_agent(uuid, uuid, text, uuid, uuid) is
  'Locks and returns an agent who is online, available, below the limit, within working hours and in the right team: the least loaded, or the next in turn. Null when nobody is free. leaving is an agent whom the transaction writes as well; named the only one who is wanted, of whatever team.';
revoke execute on all functions in schema romashka from public;

create or replace trigger workspace_members_00_forget after insert or update or delete on public.workspace_members
  for each statement execute function romashka.forget_workspaces();

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
-- Purpose: widgets, canned responses, authors, and the queue of what came in.
-- Invariants: what arrives twice is stored once; an event is processed only when all its items are; one worker at a time, in the order of its key.
-- Who calls: members the first, the server's workers the queue.
-- Lock risk: row locks on queued events, skipped by whoever claims.
do $$ begin
  perform romashka.ensure_partitions('webhook_events', current_date, current_date + 62);
end $$;

create or replace function romashka.fill_author() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: looks whether the one who acts has a profile; a key or a bot has none, and its writes must not fail for that.
begin
  new.created_by := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
  return new;
end $$;
comment on function romashka.fill_author() is 'Trigger: the author is who makes the row, when the statement does not say.';
create or replace trigger communication_channels_10_author before insert on public.communication_channels
  for each row when (new.created_by is null) execute function romashka.fill_author();
create or replace trigger message_templates_10_author before insert on public.message_templates
  for each row when (new.created_by is null) execute function romashka.fill_author();
create or replace trigger channel_routing_rules_10_author before insert on public.channel_routing_rules
  for each row when (new.created_by is null) execute function romashka.fill_author();
create or replace trigger canned_responses_10_author before insert on public.canned_responses
  for each row when (new.created_by is null) execute function romashka.fill_author();

create or replace function romashka.backoff(attempt integer, base interval, ceiling interval, luck double precision) returns interval
language sql immutable parallel safe
return least(ceiling, base * power(2, least(greatest(attempt, 1), 40) - 1)) * (0.8 + 0.4 * luck);
comment on function romashka.backoff(integer, interval, interval, double precision) is
  'How long to wait after a failed attempt (1 is the first): doubling from base up to ceiling, 20 % less or more by luck (0 to 1), so that what failed together does not return together.';

create or replace function public.track_canned_response_usage(response uuid, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: a use counts also where the user may not edit; the workspace and the right to see are checked first.
declare
  person constant uuid := romashka.current_user_id();
  at constant timestamptz := pg_catalog.now();
begin
  perform romashka.require_role(workspace, 'agent');
  update public.canned_responses as r set usage_count = r.usage_count + 1, last_used_at = at
   where r.id = response and r.workspace_id = workspace and (r.is_public or person is null or r.created_by = person);
  if not found then raise exception 'no such canned response' using errcode = 'RM404'; end if;
end $$;
comment on function public.track_canned_response_usage(uuid, uuid) is 'Counts one use of a canned response by an agent.';

-- Widgets --------------------------------------------------------------------------------------------------------------

create or replace function romashka.issue_widget_token() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the tokens are in a table that nobody reads.
declare
  token constant text := translate(rtrim(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='), '+/', '-_');
begin
  insert into romashka.widget_tokens (token, workspace_id, widget_id) values (token, new.workspace_id, new.id);
  return null;
end $$;
comment on function romashka.issue_widget_token() is 'Trigger: a new widget gets its public token, 122 random bits.';
create or replace trigger widget_configurations_20_token after insert on public.widget_configurations
  for each row execute function romashka.issue_widget_token();

create or replace function public.widget_token(widget uuid, workspace uuid default public.current_workspace_id()) returns text
language plpgsql stable security definer set search_path = '' as $$
-- Definer: as issue_widget_token.
declare
  found_token text;
begin
  perform romashka.require_role(workspace, 'viewer');
  select t.token into found_token from romashka.widget_tokens as t
   where t.widget_id = widget and t.workspace_id = workspace order by t.created_at desc limit 1;
  if not found then raise exception 'no such widget' using errcode = 'RM404'; end if;
  return found_token;
end $$;
comment on function public.widget_token(uuid, uuid) is 'The public token of a widget, for the snippet that embeds it.';

create or replace function public.renew_widget_token(widget uuid, workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: as issue_widget_token.
declare
  renewed constant text := translate(rtrim(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='), '+/', '-_');
begin
  perform romashka.require_role(workspace, 'admin');
  if not exists (select from public.widget_configurations as w where w.id = widget and w.workspace_id = workspace) then
    raise exception 'no such widget' using errcode = 'RM404';
  end if;
  delete from romashka.widget_tokens as t where t.widget_id = widget and t.workspace_id = workspace;
  insert into romashka.widget_tokens (token, workspace_id, widget_id) values (renewed, workspace, widget);
  return renewed;
end $$;
comment on function public.renew_widget_token(uuid, uuid) is 'Gives a widget a new public token; the old one finds nothing from then on.';

create or replace function romashka.find_widget(token text) returns table (workspace_id uuid, widget_id uuid, channel_id uuid)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by the verbs of the widget, for a visitor who belongs to no workspace.
begin
  return query
    select w.workspace_id, w.id, w.channel_id from romashka.widget_tokens as t
      join public.widget_configurations as w on w.id = t.widget_id and w.workspace_id = t.workspace_id
      join public.workspaces as s on s.id = w.workspace_id
     where t.token = find_widget.token and w.status = 'active' and s.status = 'active';
end $$;
comment on function romashka.find_widget(text) is 'The active widget that a public token names; no row for any other token.';

create or replace function public.widget_settings(token text) returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer, and for anon: what a page shows to every visitor, found by a token from the page. Never the script of the owner's own.
begin
  return (select jsonb_build_object('widget_id', w.id, 'name', w.widget_name, 'requires_identity', w.requires_identity, 'availability', romashka.website_availability(w.workspace_id), 'configuration', w.configuration, 'custom_css', w.custom_css,
                                    'allowed_domains', to_jsonb(w.allowed_domains), 'language', s.default_language)
            from romashka.find_widget(widget_settings.token) as f
            join public.widget_configurations as w on w.id = f.widget_id and w.workspace_id = f.workspace_id
            join public.workspaces as s on s.id = w.workspace_id);
end $$;
comment on function public.widget_settings(text) is 'What a widget needs to show itself: its looks and the domains it may be on. Null for an unknown token.';

create or replace function romashka.website_availability(workspace uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by widget_settings only. Tells whether somebody is there, and not who.
declare
  place record;
  at constant timestamptz := pg_catalog.now();
  is_open boolean;
begin
  select w.business_hours as hours, w.time_zone as zone, w.holidays into place from public.workspaces as w where w.id = workspace;
  is_open := romashka.is_open(workspace, at);
  return jsonb_build_object('open', is_open,
    'agents_online', exists (select from public.agent_availability as a where a.workspace_id = workspace and a.is_online and a.status = 'available'),
    -- The moment at which a first second of business time has passed is a second after the opening.
    'opens_at', case when not is_open then romashka.add_business_seconds(place.hours, place.zone, place.holidays, at, 1) - interval '1 second' end,
    'reply_hint_seconds', (select percentile_disc(0.5) within group (order by recent.seconds) from (
      select a.first_response_seconds as seconds from public.conversations as c
        join public.conversation_analytics as a on a.conversation_id = c.id and a.workspace_id = c.workspace_id
       where c.workspace_id = workspace and c.channel_type = 'website' and c.created_at > at - interval '7 days' and a.first_response_seconds is not null
       order by c.created_at desc limit 50) as recent));
end $$;
comment on function romashka.website_availability(uuid) is 'Whether the workspace is open and an agent is there, when it opens, and how long the last answers took.';

-- Addresses of channels ---------------------------------------------------------------------------------------------------

create or replace function public.channel_token(channel uuid, renew boolean default false, workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the tokens are in a table that nobody reads.
declare
  made constant text := translate(rtrim(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='), '+/', '-_');
  found_token text;
begin
  perform romashka.require_role(workspace, 'admin');
  if not exists (select from public.communication_channels as c where c.id = channel and c.workspace_id = workspace) then
    raise exception 'no such channel' using errcode = 'RM404';
  end if;
  insert into romashka.channel_tokens as t (token, workspace_id, channel_id) values (made, workspace, channel)
  on conflict (channel_id, workspace_id) do update
    set token = case when renew then excluded.token else t.token end, created_at = case when renew then excluded.created_at else t.created_at end
  returning t.token into found_token;
  return found_token;
end $$;
comment on function public.channel_token(uuid, boolean, uuid) is
  'The token in the address that a channel''s provider calls, made when there is none. Renewed, the old address finds nothing from then on.';

create or replace function romashka.find_channel(token text) returns table (workspace_id uuid, channel_id uuid, channel_type text, configuration jsonb, webhook_secret text, api_credentials jsonb)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: as channel_token. The server's alone.
begin
  return query
    select c.workspace_id, c.id, c.type, c.configuration, c.webhook_secret, c.api_credentials from romashka.channel_tokens as t
      join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id and c.status <> 'inactive'
      join public.workspaces as w on w.id = c.workspace_id and w.status = 'active'
     where t.token = find_channel.token;
end $$;
comment on function romashka.find_channel(text) is 'The channel that the address of a webhook names, with its sealed secrets; no row for an unknown token, an inactive channel or workspace.';

-- What came in: the queue ------------------------------------------------------------------------------------------------

create or replace function romashka.prepare_webhook_event() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: what has arrived is known in a table that nobody reads.
declare
  at constant timestamptz := pg_catalog.now();
begin
  if tg_op = 'INSERT' and new.dedupe_key is not null then
    insert into romashka.webhook_event_keys (workspace_id, source, dedupe_key, event_id) values (new.workspace_id, new.source, new.dedupe_key, new.id)
    on conflict (workspace_id, source, dedupe_key) do nothing;
    if not found then return null; end if;
  end if;
  -- Earlier versions knew only "processed": either column may be written, and both tell the same.
  if tg_op = 'INSERT' then
    if new.processed then new.status := 'processed'; end if;
  elsif new.processed is distinct from old.processed and new.status is not distinct from old.status then
    new.status := case when new.processed then 'processed' else 'pending' end;
  end if;
  new.processed := new.status = 'processed';
  new.processed_at := case when new.processed then coalesce(new.processed_at, at) end;
  if new.status <> 'processing' then new.lease_id := null; new.locked_by := null; end if;
  return new;
end $$;
comment on function romashka.prepare_webhook_event() is 'Trigger: stores an event with a known dedupe_key only once, and keeps status, processed and processed_at of one mind.';
create or replace trigger webhook_events_10_insert before insert on public.webhook_events for each row execute function romashka.prepare_webhook_event();
create or replace trigger webhook_events_10_update before update on public.webhook_events for each row execute function romashka.prepare_webhook_event();

create or replace function public.receive_webhook_event(source text, event_type text, payload jsonb, dedupe_key text default null, ordering_key text default null,
  channel uuid default null, headers jsonb default '{}', raw_body bytea default null, workspace uuid default public.current_workspace_id()) returns uuid
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone; tells the id of what is there already.
declare
  made uuid;
begin
  insert into public.webhook_events (workspace_id, channel_id, source, event_type, payload, dedupe_key, ordering_key, headers, raw_body)
  values (workspace, channel, receive_webhook_event.source, receive_webhook_event.event_type, receive_webhook_event.payload, receive_webhook_event.dedupe_key,
    receive_webhook_event.ordering_key, coalesce(receive_webhook_event.headers, '{}'), receive_webhook_event.raw_body)
  returning id into made;
  if made is null then
    select k.event_id into made from romashka.webhook_event_keys as k
     where k.workspace_id = workspace and k.source = receive_webhook_event.source and k.dedupe_key = receive_webhook_event.dedupe_key;
  end if;
  return made;
end $$;
comment on function public.receive_webhook_event(text, text, jsonb, text, text, uuid, jsonb, bytea, uuid) is
  'Stores what a channel sent, before it is acknowledged. The same dedupe_key gives the event that is stored already.';

create or replace function public.claim_webhook_events(batch_size integer default 20, worker text default null, lease interval default '1 minute',
  workspace uuid default null, sources text[] default null) returns setof public.webhook_events
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces unless one is named.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  wanted constant integer := greatest(1, least(batch_size, 1000));
begin
  -- Whose worker was lost for the last time allowed.
  with lost as materialized (
    select x.id, x.workspace_id, x.created_at from public.webhook_events as x
     where x.status = 'processing' and x.next_attempt_at <= at and x.processing_attempts >= x.max_attempts
       and (workspace is null or x.workspace_id = workspace) and (sources is null or x.source = any (sources))
     limit wanted for update skip locked)
  update public.webhook_events as e set status = 'dead', error_message = coalesce(e.error_message, 'the worker did not come back')
    from lost where e.id = lost.id and e.workspace_id = lost.workspace_id and e.created_at = lost.created_at;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id, x.created_at from public.webhook_events as x
       where x.status in ('pending', 'processing') and x.next_attempt_at <= at and (workspace is null or x.workspace_id = workspace)
         and (sources is null or x.source = any (sources))
         and not (x.status = 'processing' and x.processing_attempts >= x.max_attempts)
         and not exists (select from public.webhook_events as earlier
               where earlier.workspace_id = x.workspace_id and earlier.ordering_key = x.ordering_key and earlier.status in ('pending', 'processing')
                 and (earlier.created_at, earlier.id) < (x.created_at, x.id))
       order by x.next_attempt_at limit wanted for update of x skip locked)
    update public.webhook_events as e
       set status = 'processing', lease_id = token, locked_by = worker, next_attempt_at = at + lease, processing_attempts = e.processing_attempts + 1
      from chosen where e.id = chosen.id and e.workspace_id = chosen.workspace_id and e.created_at = chosen.created_at
    returning e.*;
end $$;
comment on function public.claim_webhook_events(integer, text, interval, uuid, text[]) is
  'Takes up to batch_size events that are due, for the length of the lease, none while an earlier one of its ordering_key is open. Prove the lease with lease_id when done.';

create or replace function public.complete_webhook_event(event_id uuid, lease uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  update public.webhook_events as e set status = 'processed', error_message = null where e.id = event_id and e.lease_id = lease and e.status = 'processing';
  return found;
end $$;
comment on function public.complete_webhook_event(uuid, uuid) is 'Marks an event as processed. False when the lease is not one''s own any more: somebody else has it.';

create or replace function public.fail_webhook_event(event_id uuid, lease uuid, message text, permanent boolean default false) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  outcome text;
begin
  update public.webhook_events as e
     set status = case when permanent then 'failed' when e.processing_attempts >= e.max_attempts then 'dead' else 'pending' end,
         next_attempt_at = at + romashka.backoff(e.processing_attempts, '2 seconds', '1 hour', luck), error_message = left(message, 10000)
   where e.id = event_id and e.lease_id = lease and e.status = 'processing'
  returning e.status into outcome;
  return outcome;
end $$;
comment on function public.fail_webhook_event(uuid, uuid, text, boolean) is
  'Gives an event back after a failed attempt: pending until its next one, dead after the last, failed when no further attempt could help. Null when the lease is lost.';

create or replace function public.quarantine_webhook_event(event_id uuid, lease uuid, message text) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  update public.webhook_events as e set status = 'quarantined', error_message = left(message, 10000)
   where e.id = event_id and e.lease_id = lease and e.status = 'processing';
  return found;
end $$;
comment on function public.quarantine_webhook_event(uuid, uuid, text) is 'Sets an event aside that cannot be understood, so that it stops nothing and somebody can look at it.';

create or replace function public.process_webhook_event(event_id uuid, lease uuid, found_items integer, handled_items integer, message text default null) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  if found_items is null or handled_items is null or handled_items < 0 or handled_items > found_items then
    raise exception 'of % items % cannot be handled', found_items, handled_items using errcode = 'RM400';
  end if;
  update public.webhook_events as e set items_found = found_items, items_handled = handled_items
   where e.id = event_id and e.lease_id = lease and e.status = 'processing';
  if not found then return null; end if;
  if handled_items = found_items and message is null then
    perform public.complete_webhook_event(event_id, lease);
    return 'processed';
  end if;
  return public.fail_webhook_event(event_id, lease, coalesce(message, format('%s of %s items were handled', handled_items, found_items)));
end $$;
comment on function public.process_webhook_event(uuid, uuid, integer, integer, text) is
  'Reports on an event of many items: processed only when every item was handled and nothing went wrong, else it comes again (items are stored once, so none is doubled). Null when the lease is lost.';

create or replace function public.replay_webhook_events(event_ids uuid[] default null, since timestamptz default null, workspace uuid default public.current_workspace_id())
returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write events himself.
declare
  at constant timestamptz := pg_catalog.now();
  replayed integer;
begin
  perform romashka.require_role(workspace, 'admin');
  if event_ids is null and since is null then raise exception 'say which: by id or since when' using errcode = 'RM400'; end if;
  update public.webhook_events as e set status = 'pending', processing_attempts = 0, next_attempt_at = at
   where e.workspace_id = workspace and e.status in ('failed', 'dead', 'quarantined')
     and (event_ids is null or e.id = any (event_ids)) and (since is null or e.created_at >= since);
  get diagnostics replayed = row_count;
  return replayed;
end $$;
comment on function public.replay_webhook_events(uuid[], timestamptz, uuid) is 'Puts failed, dead and quarantined events back on the queue, by id or since a moment; returns how many.';

create or replace function romashka.mail_addresses_of(configuration jsonb) returns text[] language plpgsql immutable set search_path = '' as $$
begin
  return array(
    select distinct a.own from (
      select lower(btrim(configuration ->> 'address')) as own
      union all
      select lower(btrim(alias)) from unnest(case jsonb_typeof(configuration -> 'aliases')
               when 'array' then array(select jsonb_array_elements_text(configuration -> 'aliases'))
               when 'string' then string_to_array(configuration ->> 'aliases', ',') end) as alias) as a
     where length(a.own) between 3 and 512 order by a.own);
end $$;
comment on function romashka.mail_addresses_of(jsonb) is 'The addresses of a channel of mail, its own and the aliases, in lower case.';

create or replace function romashka.claim_mail_addresses() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: nobody sees what other workspaces have. The table is locked in the order of the addresses, so that two channels cannot wait for each other.
declare
  wanted text[] := array[]::text[];
  given_up text[] := array[]::text[];
  one text;
  taken boolean;
begin
  if tg_op <> 'DELETE' and new.type = 'email' and new.status <> 'inactive' then wanted := romashka.mail_addresses_of(new.configuration); end if;
  if tg_op <> 'INSERT' and old.type = 'email' and old.status <> 'inactive' then given_up := romashka.mail_addresses_of(old.configuration); end if;
  foreach one in array wanted loop
    insert into romashka.mail_addresses as m (address, workspace_id) values (one, new.workspace_id)
    on conflict (address) do update set workspace_id = excluded.workspace_id where m.workspace_id = excluded.workspace_id;
    if not found then
      raise exception 'the address % belongs to a channel of another workspace', one using errcode = 'RM409',
        hint = 'Mail for one address goes to one workspace: give this channel another address or alias, or have the other channel switched off first.';
    end if;
  end loop;
  foreach one in array given_up loop
    continue when one = any (wanted);
    select exists (select from public.communication_channels as c
      where c.workspace_id = old.workspace_id and c.type = 'email' and c.status <> 'inactive' and c.id <> old.id and one = any (romashka.mail_addresses_of(c.configuration))) into taken;
    if not taken then delete from romashka.mail_addresses as m where m.address = one and m.workspace_id = old.workspace_id; end if;
  end loop;
  return null;
end $$;
comment on function romashka.claim_mail_addresses() is 'Trigger: the addresses of a channel of mail are its workspace''s alone, while the channel is not switched off.';
create or replace trigger communication_channels_20_addresses after insert or delete or update of configuration, status, type on public.communication_channels
  for each row execute function romashka.claim_mail_addresses();

create or replace function romashka.find_mail_channel(address text) returns table (workspace_id uuid, channel_id uuid)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  whole constant text := lower(address);
  -- support+order@example.com is support@example.com.
  bare constant text := regexp_replace(whole, '\+[^@]*@', '@');
begin
  return query
    select c.workspace_id, c.id from public.communication_channels as c
      join public.workspaces as w on w.id = c.workspace_id and w.status = 'active'
      cross join lateral (
        select lower(c.configuration ->> 'address') as own
        union all
        select lower(btrim(alias)) from unnest(case jsonb_typeof(c.configuration -> 'aliases')
                 when 'array' then array(select jsonb_array_elements_text(c.configuration -> 'aliases'))
                 when 'string' then string_to_array(c.configuration ->> 'aliases', ',') end) as alias) as addresses
     where c.type = 'email' and c.status <> 'inactive' and addresses.own in (whole, bare)
     order by (addresses.own = whole) desc, c.created_at, c.id limit 1;
end $$;
comment on function romashka.find_mail_channel(text) is
  'The channel that takes mail for an address, by its own address or an alias, with or without a + part. Of several the one that was made first.';

-- Mailboxes that are read --------------------------------------------------------------------------------------------------

create or replace function romashka.claim_mailboxes(batch_size integer, worker text, lease interval default '2 minutes')
returns table (workspace_id uuid, channel_id uuid, configuration jsonb, api_credentials jsonb, uid_validity bigint, last_uid bigint, lease_id uuid, created_at timestamptz, read_at timestamptz)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  insert into romashka.mailboxes as b (workspace_id, channel_id)
  select c.workspace_id, c.id from public.communication_channels as c
   where c.type = 'email' and c.status = 'active' and c.configuration ? 'imap_host'
     and not exists (select from romashka.mailboxes as x where x.channel_id = c.id and x.workspace_id = c.workspace_id)
  on conflict do nothing;
  return query
    with chosen as materialized (
      select x.channel_id, x.workspace_id from romashka.mailboxes as x
        join public.communication_channels as c on c.id = x.channel_id and c.workspace_id = x.workspace_id and c.status = 'active' and c.configuration ? 'imap_host'
        join public.workspaces as w on w.id = x.workspace_id and w.status = 'active'
       where x.leased_until <= at order by x.leased_until limit greatest(1, least(batch_size, 1000)) for update of x skip locked),
    taken as (
      update romashka.mailboxes as b set lease_id = token, locked_by = worker, leased_until = at + lease
        from chosen where b.channel_id = chosen.channel_id and b.workspace_id = chosen.workspace_id returning b.*)
    select t.workspace_id, t.channel_id, c.configuration, c.api_credentials, t.uid_validity, t.last_uid, t.lease_id, t.created_at, t.read_at
      from taken as t join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_mailboxes(integer, text, interval) is 'Takes up to batch_size mailboxes of active channels that no process reads, for the length of the lease.';

create or replace function romashka.keep_mailbox(channel uuid, lease uuid, known_settings jsonb, length interval default '2 minutes', is_read boolean default false) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.mailboxes as b
     set leased_until = at + length, read_at = case when is_read then at else b.read_at end,
         failures = case when is_read then 0 else b.failures end, last_error = case when is_read then null else b.last_error end
    from public.communication_channels as c
   where b.channel_id = channel and b.lease_id = lease and c.id = b.channel_id and c.workspace_id = b.workspace_id and c.status = 'active'
     and jsonb_build_array(c.configuration, c.api_credentials) = known_settings;
  return found;
end $$;
comment on function romashka.keep_mailbox(uuid, uuid, jsonb, interval, boolean) is
  'Prolongs the lease of a mailbox. False when somebody else has it, or the channel was switched off or set up anew: let it go. is_read: everything in it is stored.';

create or replace function romashka.advance_mailbox(channel uuid, lease uuid, uid_validity bigint, last_uid bigint) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  update romashka.mailboxes as b
     set last_uid = case when b.uid_validity = advance_mailbox.uid_validity then greatest(b.last_uid, advance_mailbox.last_uid) else advance_mailbox.last_uid end,
         uid_validity = advance_mailbox.uid_validity
   where b.channel_id = channel and b.lease_id = lease;
  return found;
end $$;
comment on function romashka.advance_mailbox(uuid, uuid, bigint, bigint) is
  'Says, in the transaction that stores a mail, up to which one the mailbox is stored. False when the lease is lost: store nothing.';

create or replace function romashka.release_mailbox(channel uuid, lease uuid, message text default null) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
begin
  update romashka.mailboxes as b
     set lease_id = null, locked_by = null, last_error = left(message, 2000), failures = case when message is null then b.failures else b.failures + 1 end,
         leased_until = case when message is null then at else at + romashka.backoff(b.failures + 1, '2 seconds', '10 minutes', luck) end
   where b.channel_id = channel and b.lease_id = lease;
end $$;
comment on function romashka.release_mailbox(uuid, uuid, text) is 'Gives a mailbox back, after a failure not before a wait.';

-- A channel that is not let in ----------------------------------------------------------------------------------------------

create or replace function romashka.note_channel_error(channel uuid, message text, workspace uuid) returns table (email text, channel_name text, workspace_name text)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update public.communication_channels as c set last_error = left(message, 2000), last_error_at = at
   where c.id = channel and c.workspace_id = workspace and c.last_error is null;
  if not found then return; end if;
  perform romashka.record_event(workspace, 'channel.failed', 'communication_channel', channel, null, jsonb_build_object('error', left(message, 2000)), 'system');
  return query
    select u.email::text, c.name, w.name from public.communication_channels as c
      join public.workspaces as w on w.id = c.workspace_id
      join public.workspace_members as m on m.workspace_id = c.workspace_id and m.role in ('owner', 'admin')
      join auth.users as u on u.id = m.user_id
     where c.id = channel and c.workspace_id = workspace and u.email is not null;
end $$;
comment on function romashka.note_channel_error(uuid, text, uuid) is
  'Says that a channel is not let in by its provider, as an event and in the channel''s row. The first time it returns the admins who are to be told; while the error stands, nobody.';

create or replace function romashka.forget_channel_error() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes deliveries himself.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if tg_when = 'BEFORE' then
    new.last_error := null;
    new.last_error_at := null;
    return new;
  end if;
  update public.message_delivery_tracking as d set next_attempt_at = greatest(at, d.send_after)
    from public.messages as m
   where m.id = d.message_id and m.workspace_id = d.workspace_id and m.channel_id = new.id and d.workspace_id = new.workspace_id
     and d.delivery_status = 'queued' and d.next_attempt_at > at;
  return null;
end $$;
comment on function romashka.forget_channel_error() is 'Trigger: a channel that is set up anew is tried at once, with everything that waits for it.';
create or replace trigger communication_channels_30_error before update of configuration, api_credentials, status on public.communication_channels
  for each row when (old.last_error is not null and (old.configuration is distinct from new.configuration or old.api_credentials is distinct from new.api_credentials
    or old.status is distinct from new.status))
  execute function romashka.forget_channel_error();
create or replace trigger communication_channels_40_resume after update of configuration, api_credentials, status on public.communication_channels
  for each row when (old.last_error is not null and new.last_error is null) execute function romashka.forget_channel_error();

-- What is wrong with a channel ----------------------------------------------------------------------------------------------

create or replace function romashka.raise_channel_alert(channel uuid, about_kind text, about text, severity text, message text, details jsonb, at timestamptz, workspace uuid)
returns table (email text, channel_name text, workspace_name text) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone.
declare
  open_alert public.channel_alerts;
  rank constant text[] := array['notice', 'warning', 'critical'];
begin
  -- News of one channel one after the other, so that two workers do not both tell of one trouble.
  perform from public.communication_channels as c where c.id = channel and c.workspace_id = workspace for no key update;
  if not found then return; end if;
  if exists (select from public.channel_alerts as a where a.channel_id = channel and a.workspace_id = workspace and a.kind = about_kind and a.subject = about and a.changed_at > at) then
    return;
  end if;
  select * into open_alert from public.channel_alerts as a
   where a.channel_id = channel and a.workspace_id = workspace and a.kind = about_kind and a.subject = about and a.resolved_at is null;
  if found then
    update public.channel_alerts as a set severity = raise_channel_alert.severity, message = raise_channel_alert.message, details = raise_channel_alert.details, changed_at = at
     where a.id = open_alert.id and a.workspace_id = workspace;
    if array_position(rank, raise_channel_alert.severity) <= array_position(rank, open_alert.severity) then return; end if;
  else
    insert into public.channel_alerts (workspace_id, channel_id, kind, subject, severity, message, details, raised_at, changed_at)
    values (workspace, channel, about_kind, about, raise_channel_alert.severity, raise_channel_alert.message, raise_channel_alert.details, at, at);
  end if;
  perform romashka.record_event(workspace, 'channel.alert', 'communication_channel', channel, null,
    jsonb_build_object('kind', about_kind, 'subject', about, 'severity', raise_channel_alert.severity, 'message', raise_channel_alert.message), 'system');
  if raise_channel_alert.severity = 'notice' then return; end if;
  return query
    select u.email::text, c.name, w.name from public.communication_channels as c
      join public.workspaces as w on w.id = c.workspace_id
      join public.workspace_members as m on m.workspace_id = c.workspace_id and m.role in ('owner', 'admin')
      join auth.users as u on u.id = m.user_id
     where c.id = channel and c.workspace_id = workspace and u.email is not null;
end $$;
comment on function romashka.raise_channel_alert(uuid, text, text, text, text, jsonb, timestamptz, uuid) is
  'Keeps that something is wrong with a channel. The first time, and when it gets worse, it is an event, and the admins who are to be told are returned; news that are older than what is known change nothing.';

create or replace function romashka.end_channel_alert(channel uuid, about_kind text, about text, at timestamptz, workspace uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  moment constant timestamptz := pg_catalog.clock_timestamp();
begin
  perform from public.communication_channels as c where c.id = channel and c.workspace_id = workspace for no key update;
  update public.channel_alerts as a set resolved_at = moment, changed_at = greatest(a.changed_at, at)
   where a.channel_id = channel and a.workspace_id = workspace and a.kind = about_kind and a.subject = about and a.resolved_at is null and a.changed_at <= at;
  if not found then return false; end if;
  perform romashka.record_event(workspace, 'channel.recovered', 'communication_channel', channel, null, jsonb_build_object('kind', about_kind, 'subject', about), 'system');
  return true;
end $$;
comment on function romashka.end_channel_alert(uuid, text, text, timestamptz, uuid) is 'Says that a trouble of a channel is over, as an event; false when none of that kind is open or what is known is newer.';

create or replace function public.resolve_channel_alert(alert uuid, workspace uuid default public.current_workspace_id()) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes alerts himself; the role is checked first.
declare
  found_alert public.channel_alerts;
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  perform romashka.require_role(workspace, 'admin');
  select * into found_alert from public.channel_alerts as a where a.id = alert and a.workspace_id = workspace for update;
  if not found then raise exception 'no such alert' using errcode = 'RM404'; end if;
  if found_alert.resolved_at is not null then return; end if;
  update public.channel_alerts as a set resolved_at = at where a.id = alert and a.workspace_id = workspace;
  perform romashka.record_event(workspace, 'channel.recovered', 'communication_channel', found_alert.channel_id, null,
    jsonb_build_object('kind', found_alert.kind, 'subject', found_alert.subject));
end $$;
comment on function public.resolve_channel_alert(uuid, uuid) is 'An admin says that a trouble of a channel is over; what it has stopped goes on. Twice changes nothing. The provider''s next word may raise it again.';

create or replace function romashka.channel_health(channel uuid, workspace uuid, last_error text) returns text language plpgsql stable set search_path = '' as $$
begin
  if last_error is not null then return 'critical'; end if;
  return coalesce((select case when bool_or(a.severity = 'critical') then 'critical' when bool_or(a.severity = 'warning') then 'warning' end
    from public.channel_alerts as a where a.channel_id = channel and a.workspace_id = workspace and a.resolved_at is null), 'good');
end $$;
comment on function romashka.channel_health(uuid, uuid, text) is 'How a channel is: good, warning or critical, by its open alerts and whether its provider lets it in.';

-- Channels whose provider is asked now and then ----------------------------------------------------------------------------------

create or replace function romashka.claim_channel_syncs(batch_size integer, worker text, lease interval default '10 minutes')
returns table (workspace_id uuid, channel_id uuid, configuration jsonb, api_credentials jsonb, quality text, failures integer, lease_id uuid) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  insert into romashka.channel_syncs as s (workspace_id, channel_id)
  select c.workspace_id, c.id from public.communication_channels as c
   where c.type = 'whatsapp' and c.status = 'active' and c.api_credentials is not null and c.configuration ? 'account_id'
     and not exists (select from romashka.channel_syncs as x where x.channel_id = c.id and x.workspace_id = c.workspace_id)
  on conflict do nothing;
  return query
    with chosen as materialized (
      select x.channel_id, x.workspace_id from romashka.channel_syncs as x
        join public.communication_channels as c on c.id = x.channel_id and c.workspace_id = x.workspace_id and c.status = 'active' and c.configuration ? 'account_id'
        join public.workspaces as w on w.id = x.workspace_id and w.status = 'active'
       where x.due_at <= at order by x.due_at limit greatest(1, least(batch_size, 100)) for update of x skip locked),
    taken as (
      update romashka.channel_syncs as s set lease_id = token, locked_by = worker, due_at = at + lease
        from chosen where s.channel_id = chosen.channel_id and s.workspace_id = chosen.workspace_id returning s.*)
    select t.workspace_id, t.channel_id, c.configuration, c.api_credentials, t.quality, t.failures, t.lease_id
      from taken as t join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_channel_syncs(integer, text, interval) is 'Takes up to batch_size channels whose provider is to be asked now.';

create or replace function romashka.finish_channel_sync(channel uuid, lease uuid, digits text, quality text, message text, wait interval, workspace uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.channel_syncs as s
     set lease_id = null, locked_by = null, due_at = at + wait, digits = coalesce(finish_channel_sync.digits, s.digits), quality = coalesce(finish_channel_sync.quality, s.quality),
         last_error = left(message, 2000), failures = case when message is null then 0 else s.failures + 1 end,
         synced_at = case when message is null then at else s.synced_at end
   where s.channel_id = channel and s.workspace_id = workspace and s.lease_id = lease;
  return found;
end $$;
comment on function romashka.finish_channel_sync(uuid, uuid, text, text, text, interval, uuid) is
  'Says how asking a provider ended and when it is asked next. False when the lease is lost: somebody wants it asked again.';

create or replace function romashka.sync_channel_now(channel uuid, workspace uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.channel_syncs as s set due_at = at, lease_id = null, locked_by = null where s.channel_id = channel and s.workspace_id = workspace;
  return found;
end $$;
comment on function romashka.sync_channel_now(uuid, uuid) is 'Has the provider of a channel asked at once; who asks already is asked again. False for a channel that is never asked.';

create or replace function romashka.channel_of_digits(workspace uuid, wanted text) returns setof uuid language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  return query select s.channel_id from romashka.channel_syncs as s where s.workspace_id = workspace and s.digits = wanted order by s.created_at, s.channel_id limit 1;
end $$;
comment on function romashka.channel_of_digits(uuid, text) is 'The channel whose number a provider writes so.';

create or replace function romashka.sync_templates(account text, templates jsonb, workspace uuid)
returns table (name text, language text, provider_status text, quality text, status_reason text, is_new boolean) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  return query
    with given as (
      select distinct on (x.name, x.language) x.* from jsonb_to_recordset(templates)
        as x (id text, name text, language text, category text, status text, provider_status text, status_reason text, quality text, content jsonb) order by x.name, x.language),
    stored as (
      insert into public.message_templates as t (workspace_id, name, language, category, template_content, status, channel_type, external_template_id, provider_status, provider_status_at,
        status_reason, quality, account_id)
      select workspace, g.name, g.language, coalesce(g.category, o.category, 'utility'), g.content, coalesce(g.status, o.status, 'pending'), 'whatsapp', g.id, g.provider_status, at, g.status_reason, g.quality, account
        from given as g left join public.message_templates as o on o.workspace_id = workspace and o.channel_type = 'whatsapp' and o.name = g.name and o.language = g.language
       order by g.name, g.language
      on conflict (workspace_id, channel_type, name, language) do update
         set category = excluded.category,
             template_content = t.template_content || excluded.template_content,
             status = excluded.status,
             external_template_id = excluded.external_template_id, provider_status = excluded.provider_status, provider_status_at = at, status_reason = excluded.status_reason,
             quality = coalesce(excluded.quality, t.quality), account_id = excluded.account_id, updated_at = at
       where (t.external_template_id, t.provider_status, t.account_id) is distinct from (excluded.external_template_id, excluded.provider_status, excluded.account_id)
          or t.quality is distinct from coalesce(excluded.quality, t.quality) or t.template_content is distinct from t.template_content || excluded.template_content
          or t.category is distinct from excluded.category
      returning t.name, t.language, t.provider_status, t.quality, t.status_reason, t.xmax = 0 as is_new),
    gone as (
      update public.message_templates as t set status = 'rejected', provider_status = 'DELETED', provider_status_at = at, status_reason = null, updated_at = at
       where t.workspace_id = workspace and t.channel_type = 'whatsapp' and t.account_id = account and t.provider_status is distinct from 'DELETED'
         and not exists (select from given as g where g.name = t.name and g.language = t.language)
      returning t.name, t.language, t.provider_status, t.quality, t.status_reason, false)
    select * from stored union all select * from gone;
end $$;
comment on function romashka.sync_templates(text, jsonb, uuid) is
  'Brings the templates in line with the whole list of a provider''s account: new ones are stored, changed ones changed, and those that are in the list no more count as deleted. Returns what changed.';

-- Who wants no text messages -------------------------------------------------------------------------------------------------

create or replace function romashka.note_sms_opt_out(our_numbers text[], customer_number text, opted_out boolean, source text, at timestamptz, workspace uuid) returns integer
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone; nobody else may say what a customer has asked for.
declare
  changed integer;
begin
  insert into public.sms_opt_outs as o (workspace_id, our_number, customer_number, is_opted_out, source, changed_at)
  select workspace, n.our_number, note_sms_opt_out.customer_number, opted_out, note_sms_opt_out.source, at
    from (select distinct unnest(our_numbers) as our_number) as n order by n.our_number
  on conflict (workspace_id, customer_number, our_number) do update set is_opted_out = excluded.is_opted_out, source = excluded.source, changed_at = excluded.changed_at
   where o.changed_at <= excluded.changed_at;
  get diagnostics changed = row_count;
  return changed;
end $$;
comment on function romashka.note_sms_opt_out(text[], text, boolean, text, timestamptz, uuid) is
  'Keeps that a person wants no more text messages from these numbers of ours, or wants them again. The later word counts, in whichever order they come in.';

-- A channel's allowance of the day ----------------------------------------------------------------------------------------

create or replace function public.take_channel_allowance(channel uuid, messages integer default 1, workspace uuid default public.current_workspace_id()) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone. The day is the workspace's.
declare
  today date;
begin
  select (pg_catalog.now() at time zone w.time_zone)::date into today from public.workspaces as w where w.id = workspace;
  update public.communication_channels as c
     set messages_sent_today = case when c.last_reset_date = today then c.messages_sent_today else 0 end + messages, last_reset_date = today
   where c.id = channel and c.workspace_id = workspace
     and case when c.last_reset_date = today then c.messages_sent_today else 0 end + messages <= c.message_limit_per_day;
  return found;
end $$;
comment on function public.take_channel_allowance(uuid, integer, uuid) is 'Takes messages from a channel''s allowance of the day; false when that would exceed it.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_members('public.track_canned_response_usage(uuid, uuid)');
  perform romashka.grant_members('public.widget_token(uuid, uuid)');
  perform romashka.grant_function('public.renew_widget_token(uuid, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.widget_settings(text)', 'anon', 'authenticated', 'service_role');
  perform romashka.grant_function('romashka.find_widget(text)', 'service_role');
  perform romashka.grant_function('public.channel_token(uuid, boolean, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('romashka.find_channel(text)', 'service_role');
  perform romashka.grant_function('romashka.note_channel_error(uuid, text, uuid)', 'service_role');
  perform romashka.grant_function('romashka.find_mail_channel(text)', 'service_role');
  perform romashka.grant_function('romashka.raise_channel_alert(uuid, text, text, text, text, jsonb, timestamptz, uuid)', 'service_role');
  perform romashka.grant_function('romashka.end_channel_alert(uuid, text, text, timestamptz, uuid)', 'service_role');
  perform romashka.grant_function('public.resolve_channel_alert(uuid, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_members('romashka.channel_health(uuid, uuid, text)');
  perform romashka.grant_function('romashka.claim_channel_syncs(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.finish_channel_sync(uuid, uuid, text, text, text, interval, uuid)', 'service_role');
  perform romashka.grant_function('romashka.sync_channel_now(uuid, uuid)', 'service_role');
  perform romashka.grant_function('romashka.channel_of_digits(uuid, text)', 'service_role');
  perform romashka.grant_function('romashka.sync_templates(text, jsonb, uuid)', 'service_role');
  perform romashka.grant_function('romashka.note_sms_opt_out(text[], text, boolean, text, timestamptz, uuid)', 'service_role');
  perform romashka.grant_function('public.receive_webhook_event(text, text, jsonb, text, text, uuid, jsonb, bytea, uuid)', 'service_role');
  perform romashka.grant_function('public.claim_webhook_events(integer, text, interval, uuid, text[])', 'service_role');
  perform romashka.grant_function('public.complete_webhook_event(uuid, uuid)', 'service_role');
  perform romashka.grant_function('public.fail_webhook_event(uuid, uuid, text, boolean)', 'service_role');
  perform romashka.grant_function('public.quarantine_webhook_event(uuid, uuid, text)', 'service_role');
  perform romashka.grant_function('public.process_webhook_event(uuid, uuid, integer, integer, text)', 'service_role');
  perform romashka.grant_function('public.replay_webhook_events(uuid[], timestamptz, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.take_channel_allowance(uuid, integer, uuid)', 'service_role');
  perform romashka.grant_function('romashka.claim_mailboxes(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.keep_mailbox(uuid, uuid, jsonb, interval, boolean)', 'service_role');
  perform romashka.grant_function('romashka.advance_mailbox(uuid, uuid, bigint, bigint)', 'service_role');
  perform romashka.grant_function('romashka.release_mailbox(uuid, uuid, text)', 'service_role');
end $$;

-- ============ 40-conversations/functions ============
-- Purpose: counters and life cycle of conversations.
-- Invariants: each counter is changed by a delta under the row lock of what it counts, conversation before analytics before agent before customer;
-- nothing here reads more of a workspace than the rows concerned.
-- Lock risk: row locks, in that order.

-- Asked where the pointer is written, not in a CHECK, which every message would pay for.
create or replace function romashka.refuse_merge_into_itself(conversation public.conversations) returns void language plpgsql set search_path = '' as $$
begin
  if conversation.merged_into_id = conversation.id then
    raise exception 'a conversation is not merged into itself' using errcode = 'check_violation',
      schema = 'public', table = 'conversations', column = 'merged_into_id', constraint = 'conversations_merged_into_id_check';
  end if;
end $$;
comment on function romashka.refuse_merge_into_itself(public.conversations) is 'Refuses a conversation that points to itself.';

-- The short number comes from the workspace's own sequence: no lock is held, a rolled back insert leaves a gap.
create or replace function romashka.prepare_conversation() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: uses the sequence of the workspace, looks at memberships, and sees the load of every agent.
declare
  chosen uuid;
begin
  if new.number is null then
    begin
      new.number := nextval(('romashka_numbers.conversation_' || replace(new.workspace_id::text, '-', ''))::regclass);
    exception when undefined_table then
      raise exception 'there is no such workspace' using errcode = 'RM404';
    end;
  end if;
  perform romashka.refuse_merge_into_itself(new);
  -- One look into an index where there are no rules. The look is apart: a condition that holds one is planned anew each time where the rest of it decides.
  if new.status in ('active', 'escalated') and new.merged_into_id is null and coalesce(pg_catalog.current_setting('romashka.auto_assign', true), '') <> 'off' then
    if exists (select from public.channel_routing_rules as r where r.workspace_id = new.workspace_id and r.is_active) then
      new := romashka.route_conversation(new);
    end if;
  end if;
  if length(new.last_message) > 500 then new.last_message := left(new.last_message, 500); end if;
  if new.assigned_agent_id is not null then
    perform romashka.ensure_member(new.workspace_id, new.assigned_agent_id);
  elsif new.status in ('active', 'escalated') then
    -- The first of a statement is assigned here, so that its row is written once. While a choice is not counted yet, the others
    -- are left to auto_assign_conversation, which sees the load that the one before made.
    if new.merged_into_id is null and coalesce(pg_catalog.current_setting('romashka.auto_assign', true), '') <> 'off'
       and coalesce(pg_catalog.current_setting('romashka.choice', true), '') = '' then
      chosen := romashka.pick_agent(new.workspace_id, new.team_id, new.department);
      new.assigned_agent_id := chosen;
      execute format('set local romashka.choice = %L', new.id);
    end if;
    if chosen is null then new.queued_at := coalesce(new.queued_at, pg_catalog.now()); end if;
  end if;
  if new.status in ('active', 'escalated') then
    new.sla_policy_id := coalesce(new.sla_policy_id, romashka.policy_for(new));
  else
    new.resolved_at := coalesce(new.resolved_at, pg_catalog.now());
    new.resolution_time_seconds := coalesce(new.resolution_time_seconds, greatest(0, extract(epoch from new.resolved_at - new.created_at))::integer);
    if new.status = 'closed' then new.closed_at := coalesce(new.closed_at, new.resolved_at); end if;
  end if;
  return new;
end $$;
comment on function romashka.prepare_conversation() is 'Trigger: number, routing rule, agent or queue time, the promise that applies and, for one that is inserted as done, the time it was.';
create or replace trigger conversations_10_prepare before insert on public.conversations
  for each row execute function romashka.prepare_conversation();

create or replace function romashka.change_conversation() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: looks at memberships.
declare
  at constant timestamptz := pg_catalog.now();
  was_open constant boolean := old.status in ('active', 'escalated');
  is_open constant boolean := new.status in ('active', 'escalated');
begin
  if new.number is distinct from old.number then
    raise exception 'a conversation keeps its number' using errcode = 'RM422';
  end if;
  perform romashka.refuse_merge_into_itself(new);
  if was_open and not is_open then
    new.resolved_at := coalesce(case when new.resolved_at is distinct from old.resolved_at then new.resolved_at end, at);
    new.resolution_time_seconds := greatest(0, extract(epoch from new.resolved_at - new.created_at))::integer;
    new.snoozed_until := null;
    new.waiting_since := null;
    new.queued_at := null;
  elsif is_open and not was_open then
    new.resolved_at := null;
    new.closed_at := null;
    new.resolution_time_seconds := null;
    new.reopen_count := old.reopen_count + 1;
  end if;
  if new.status = 'closed' and old.status <> 'closed' then
    new.closed_at := coalesce(case when new.closed_at is distinct from old.closed_at then new.closed_at end, at);
  elsif new.status = 'resolved' then
    new.closed_at := null;
  end if;
  if new.assigned_agent_id is distinct from old.assigned_agent_id and new.assigned_agent_id is not null then
    perform romashka.ensure_member(new.workspace_id, new.assigned_agent_id);
  end if;
  if is_open then
    if new.assigned_agent_id is not null then
      new.queued_at := null;
    elsif old.assigned_agent_id is not null or not was_open then
      new.queued_at := coalesce(new.queued_at, at);
    end if;
  end if;
  return new;
end $$;
comment on function romashka.change_conversation() is 'Trigger: what follows from a change of status or assignee, within the row.';
create or replace trigger conversations_20_change before update of status, assigned_agent_id, number, merged_into_id on public.conversations for each row
  when (old.status is distinct from new.status or old.assigned_agent_id is distinct from new.assigned_agent_id or old.number is distinct from new.number
    or old.merged_into_id is distinct from new.merged_into_id)
  execute function romashka.change_conversation();

create or replace function public.auto_assign_conversation() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: sees the load of every agent.
declare
  chosen uuid;
begin
  if coalesce(pg_catalog.current_setting('romashka.auto_assign', true), '') = 'off'
     or pg_catalog.current_setting('romashka.choice', true) = new.id::text then return null; end if;
  chosen := romashka.pick_agent(new.workspace_id, new.team_id, new.department);
  if chosen is not null then
    update public.conversations as c set assigned_agent_id = chosen, updated_at = pg_catalog.now()
     where c.id = new.id and c.workspace_id = new.workspace_id;
  end if;
  return null;
end $$;
comment on function public.auto_assign_conversation() is
  'Trigger: gives a new conversation to an agent whom prepare_conversation could not give one, because the choice for a row before it was not counted yet.';
-- After the row exists: each row of one statement sees the one before.
create or replace trigger trigger_auto_assign_conversation after insert on public.conversations for each row
  when (new.assigned_agent_id is null and new.status in ('active', 'escalated') and new.merged_into_id is null)
  execute function public.auto_assign_conversation();

create or replace function public.create_conversation_analytics() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the figures are written by triggers only.
begin
  insert into public.conversation_analytics (workspace_id, conversation_id, started_at, customer_satisfaction)
  values (new.workspace_id, new.id, new.created_at, new.satisfaction_score)
  on conflict (conversation_id, workspace_id) do nothing;
  if new.status in ('resolved', 'closed') then
    perform romashka.finish_analytics(new.workspace_id, new.id, new.resolved_at, null);
  end if;
  if new.status in ('active', 'escalated') then perform romashka.sla_on_conversation(new); end if;
  return null;
end $$;
comment on function public.create_conversation_analytics() is 'Trigger: every conversation has its figures from the first moment.';
create or replace trigger trigger_create_conversation_analytics after insert on public.conversations
  for each row execute function public.create_conversation_analytics();

create or replace function romashka.finish_analytics(workspace uuid, conversation uuid, at timestamptz, resolution text) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: as create_conversation_analytics.
declare
  actor constant text := romashka.actor_kind();
  person constant uuid := romashka.actor_id();
  place public.workspaces;
begin
  select * into place from public.workspaces as w where w.id = workspace;
  update public.conversation_analytics as a set
    resolved_at = at,
    total_duration_seconds = greatest(0, extract(epoch from at - a.started_at))::integer,
    resolution_business_seconds = romashka.business_seconds(place.business_hours, place.time_zone, place.holidays, a.started_at, at),
    resolved_by = case when actor in ('agent', 'api') then 'agent' when actor = 'ai' then 'ai'
                       when a.agent_messages > 0 then 'agent' when a.ai_messages > 0 then 'ai' else 'abandoned' end,
    resolved_by_id = person,
    resolution_type = coalesce(resolution, case when actor in ('agent', 'api', 'ai') or a.agent_messages > 0 or a.ai_messages > 0
                                                then case when a.handoff_count > 0 then 'escalated' else 'solved' end else 'abandoned' end),
    updated_at = pg_catalog.now()
  where a.conversation_id = conversation and a.workspace_id = workspace;
end $$;
comment on function romashka.finish_analytics(uuid, uuid, timestamptz, text) is 'Who resolved a conversation, when, and how long it took. An agent, a key or the assistant that resolves it did; otherwise whoever answered; nobody answered: abandoned.';

create or replace function public.finalize_conversation_analytics() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as create_conversation_analytics.
begin
  if old.status in ('active', 'escalated') and new.status in ('resolved', 'closed') then
    perform romashka.finish_analytics(new.workspace_id, new.id, new.resolved_at, nullif(pg_catalog.current_setting('romashka.resolution_type', true), ''));
  elsif old.status in ('resolved', 'closed') and new.status in ('active', 'escalated') then
    update public.conversation_analytics as a set resolved_at = null, total_duration_seconds = null, resolution_business_seconds = null,
      resolved_by = null, resolved_by_id = null, resolution_type = null, updated_at = pg_catalog.now()
     where a.conversation_id = new.id and a.workspace_id = new.workspace_id;
  end if;
  if new.status = 'escalated' and old.status <> 'escalated' then
    update public.conversation_analytics as a set handoff_count = a.handoff_count + 1, updated_at = pg_catalog.now()
     where a.conversation_id = new.id and a.workspace_id = new.workspace_id;
  end if;
  -- What was resolved at a time that was named (an import, a history) stops its clocks then.
  perform romashka.sla_on_status(new.workspace_id, new.id, old.status, new.status,
    coalesce(case when new.status in ('resolved', 'closed') then new.resolved_at end, pg_catalog.now()));
  return null;
end $$;
comment on function public.finalize_conversation_analytics() is 'Trigger: resolving, closing, escalating and reopening, as often as they happen.';
create or replace trigger trigger_finalize_conversation_analytics after update of status on public.conversations for each row
  when (old.status is distinct from new.status) execute function public.finalize_conversation_analytics();

-- An agent's load: open conversations assigned to him.
create or replace function public.update_agent_chat_count() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: changes the counters of other agents.
declare
  before uuid := case when tg_op <> 'INSERT' and old.status in ('active', 'escalated') then old.assigned_agent_id end;
  after uuid := case when tg_op <> 'DELETE' and new.status in ('active', 'escalated') then new.assigned_agent_id end;
  workspace constant uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if tg_op = 'INSERT' and pg_catalog.current_setting('romashka.choice', true) = new.id::text then
    set local romashka.choice = ''; -- counted below
  end if;
  if before is not distinct from after then return null; end if;
  set local romashka.holds_agent = 'yes'; -- pick_agent waits for nobody from now on
  -- Two agents are locked in the order of their ids, so that two opposite transfers do not wait for each other.
  if before is not null and after is not null then
    perform from public.agent_availability as a where a.workspace_id = workspace and a.agent_id in (before, after) order by a.agent_id for update;
  end if;
  if before is not null then
    update public.agent_availability as a set current_chat_count = a.current_chat_count - 1, updated_at = at
     where a.workspace_id = workspace and a.agent_id = before;
  end if;
  if after is not null then
    update public.agent_availability as a set current_chat_count = a.current_chat_count + 1, last_assigned_at = at, updated_at = at
     where a.workspace_id = workspace and a.agent_id = after;
  end if;
  return null;
end $$;
comment on function public.update_agent_chat_count() is 'Trigger: current_chat_count follows every way a conversation comes to an agent or leaves him.';
create or replace trigger trigger_update_agent_chat_count after insert or delete on public.conversations
  for each row execute function public.update_agent_chat_count();
create or replace trigger trigger_update_agent_chat_count_on_update after update of assigned_agent_id, status on public.conversations for each row
  when (old.assigned_agent_id is distinct from new.assigned_agent_id or old.status is distinct from new.status)
  execute function public.update_agent_chat_count();

-- Somebody became free: the longest waiting, most urgent conversations are his, up to his limit.
create or replace function romashka.assign_from_queue() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: sees the whole queue.
declare
  free integer;
  zone text;
  waiting record;
begin
  -- Of the row as it is now: one statement can fire two of these triggers, and the first has given him something.
  select a.max_concurrent_chats - a.current_chat_count into free from public.agent_availability as a
   where a.id = new.id and a.workspace_id = new.workspace_id and a.is_online and a.status = 'available';
  if free is null or free <= 0 then return null; end if;
  select p.timezone into zone from public.profiles as p where p.id = new.agent_id;
  if not romashka.within_hours(new.working_hours, coalesce(zone, 'UTC'), pg_catalog.now()) then return null; end if;
  for waiting in
    select c.id from public.conversations as c
     where c.workspace_id = new.workspace_id and c.assigned_agent_id is null and c.status in ('active', 'escalated') and c.merged_into_id is null
       and (c.snoozed_until is null or c.snoozed_until <= pg_catalog.now())
       and (coalesce(c.team_id, (select t.id from public.teams as t where t.workspace_id = c.workspace_id and lower(t.department) = lower(c.department))) is null
            or exists (select from public.team_members as m where m.workspace_id = c.workspace_id and m.user_id = new.agent_id
                and m.team_id = coalesce(c.team_id, (select t.id from public.teams as t where t.workspace_id = c.workspace_id and lower(t.department) = lower(c.department)))))
     order by array_position(array['urgent', 'high', 'normal', 'low'], c.priority), c.queued_at, c.id
     limit free for update of c skip locked
  loop
    update public.conversations as c set assigned_agent_id = new.agent_id, updated_at = pg_catalog.now()
     where c.id = waiting.id and c.workspace_id = new.workspace_id;
  end loop;
  return null;
end $$;
comment on function romashka.assign_from_queue() is 'Trigger: an agent who became free takes what waits.';
create or replace trigger agent_availability_20_assign_from_queue after update of is_online, status, max_concurrent_chats on public.agent_availability for each row
  when (new.is_online) execute function romashka.assign_from_queue();
create or replace trigger agent_availability_20_assign_from_queue_on_count after update of current_chat_count on public.agent_availability for each row
  when (new.current_chat_count < old.current_chat_count) execute function romashka.assign_from_queue();
create or replace trigger agent_availability_20_assign_from_queue_on_insert after insert on public.agent_availability for each row
  when (new.is_online)
  execute function romashka.assign_from_queue();

create or replace function romashka.count_for_customer(customer uuid, workspace uuid, conversations integer, rating numeric, ratings integer, seen_at timestamptz)
returns void language plpgsql set search_path = '' as $$
begin
  update public.customer_profiles as p set
    total_conversations = p.total_conversations + conversations,
    rating_sum = p.rating_sum + rating,
    rating_count = p.rating_count + ratings,
    avg_satisfaction = case when p.rating_count + ratings > 0 then round((p.rating_sum + rating) / (p.rating_count + ratings), 2) else 0 end,
    last_interaction = greatest(p.last_interaction, seen_at),
    updated_at = pg_catalog.now()
  where p.id = customer and p.workspace_id = workspace;
end $$;
comment on function romashka.count_for_customer(uuid, uuid, integer, numeric, integer, timestamptz) is 'Changes a customer''s figures by what came or went.';

create or replace function public.update_customer_stats() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: counters are not the agent's to write.
begin
  if tg_op = 'INSERT' then
    perform romashka.count_for_customer(new.customer_id, new.workspace_id, 1, coalesce(new.satisfaction_score, 0), num_nonnulls(new.satisfaction_score), new.created_at);
    return null;
  end if;
  if tg_op = 'DELETE' then
    perform romashka.count_for_customer(old.customer_id, old.workspace_id, -1, -coalesce(old.satisfaction_score, 0), -num_nonnulls(old.satisfaction_score), null);
    return null;
  end if;
  if new.customer_id is not distinct from old.customer_id then
    perform romashka.count_for_customer(new.customer_id, new.workspace_id, 0, coalesce(new.satisfaction_score, 0) - coalesce(old.satisfaction_score, 0),
      num_nonnulls(new.satisfaction_score) - num_nonnulls(old.satisfaction_score), null);
  else
    -- Two customers are locked in the order of their ids.
    if old.customer_id < new.customer_id then
      perform romashka.count_for_customer(old.customer_id, old.workspace_id, -1, -coalesce(old.satisfaction_score, 0), -num_nonnulls(old.satisfaction_score), null);
    end if;
    perform romashka.count_for_customer(new.customer_id, new.workspace_id, 1, coalesce(new.satisfaction_score, 0), num_nonnulls(new.satisfaction_score), null);
    if old.customer_id > new.customer_id or new.customer_id is null then
      perform romashka.count_for_customer(old.customer_id, old.workspace_id, -1, -coalesce(old.satisfaction_score, 0), -num_nonnulls(old.satisfaction_score), null);
    end if;
  end if;
  if new.satisfaction_score is distinct from old.satisfaction_score then
    update public.conversation_analytics as a set customer_satisfaction = new.satisfaction_score, updated_at = pg_catalog.now()
     where a.conversation_id = new.id and a.workspace_id = new.workspace_id;
  end if;
  return null;
end $$;
comment on function public.update_customer_stats() is 'Trigger: a customer''s conversations and ratings, also when one is corrected, moved or deleted.';
create or replace trigger trigger_update_customer_stats after insert or delete on public.conversations
  for each row execute function public.update_customer_stats();
create or replace trigger trigger_update_customer_stats_on_update after update of customer_id, satisfaction_score on public.conversations for each row
  when (old.customer_id is distinct from new.customer_id or old.satisfaction_score is distinct from new.satisfaction_score)
  execute function public.update_customer_stats();

create or replace function romashka.record_transfer() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: history is written whoever transfers.
declare
  at constant timestamptz := pg_catalog.now();
begin
  update public.conversation_transfers as t set status = 'accepted', accepted_at = at
   where t.conversation_id = new.id and t.workspace_id = new.workspace_id and t.status = 'pending' and t.to_agent_id = new.assigned_agent_id;
  if not found then
    insert into public.conversation_transfers (workspace_id, conversation_id, from_agent_id, to_agent_id, transfer_type, accepted_at, status)
    values (new.workspace_id, new.id, old.assigned_agent_id, new.assigned_agent_id,
      case when romashka.actor_kind() in ('agent', 'api', 'system') then 'manual' else 'automatic' end, at, 'accepted');
  end if;
  update public.conversation_analytics as a set agent_switches = a.agent_switches + 1, updated_at = at
   where a.conversation_id = new.id and a.workspace_id = new.workspace_id;
  return null;
end $$;
comment on function romashka.record_transfer() is 'Trigger: a hand-over from one agent to another is on record, however it was made.';
create or replace trigger conversations_70_record_transfer after update of assigned_agent_id on public.conversations for each row
  when (old.assigned_agent_id is not null and new.assigned_agent_id is not null and old.assigned_agent_id <> new.assigned_agent_id)
  execute function romashka.record_transfer();

create or replace function romashka.record_conversation_event() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the ledger is written by triggers only.
declare
  actor constant text := romashka.actor_kind();
  person constant uuid := romashka.actor_id();
  at constant timestamptz := pg_catalog.now();
  happened_at timestamptz;
  kinds text[] := '{}'::text[];
  payloads jsonb[] := '{}'::jsonb[];
begin
  if tg_op = 'INSERT' then
    insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id, occurred_at, time_basis, payload)
    values (new.workspace_id, 'conversation.created', actor, person, 'conversation', new.id, new.id,
      new.created_at, case when new.created_at < at then 'source' else 'recorded' end,
      jsonb_build_object('number', new.number, 'channel_type', new.channel_type, 'customer_id', new.customer_id, 'status', new.status, 'assigned_agent_id', new.assigned_agent_id)
        || case when new.channel_type = 'website' and new.external_conversation_id is not null then jsonb_build_object('visitor', new.external_conversation_id) else '{}' end);
    if new.assigned_agent_id is not null then
      insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id, occurred_at, time_basis, payload)
      values (new.workspace_id, 'conversation.assigned', actor, person, 'conversation', new.id, new.id,
        new.created_at, case when new.created_at < at then 'source' else 'recorded' end, jsonb_build_object('from', null, 'to', new.assigned_agent_id));
    end if;
    if new.routing_rule_id is not null then
      perform romashka.record_event(new.workspace_id, 'conversation.routed', 'conversation', new.id, new.id, romashka.routing_payload(new));
    end if;
    return null;
  elsif tg_op = 'DELETE' then
    insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id, payload)
    select old.workspace_id, 'conversation.deleted', actor, person, 'conversation', old.id, old.id, jsonb_build_object('number', old.number)
     where exists (select from public.workspaces as w where w.id = old.workspace_id);
    return null;
  end if;
  if new.status is distinct from old.status then
    kinds := kinds || case new.status when 'resolved' then 'conversation.resolved' when 'closed' then 'conversation.closed'
      when 'escalated' then 'conversation.escalated' else case when old.status = 'escalated' then 'conversation.deescalated' else 'conversation.reopened' end end;
    payloads := payloads || jsonb_build_object('from', old.status, 'to', new.status, 'reason', new.handoff_reason);
  end if;
  if new.assigned_agent_id is distinct from old.assigned_agent_id then
    kinds := kinds || case when new.assigned_agent_id is null then 'conversation.unassigned' when old.assigned_agent_id is null then 'conversation.assigned' else 'conversation.transferred' end;
    payloads := payloads || jsonb_build_object('from', old.assigned_agent_id, 'to', new.assigned_agent_id);
  end if;
  if new.team_id is distinct from old.team_id then
    kinds := kinds || 'conversation.team_changed'::text;
    payloads := payloads || jsonb_build_object('from', old.team_id, 'to', new.team_id);
  end if;
  if new.priority is distinct from old.priority then
    kinds := kinds || 'conversation.priority_changed'::text;
    payloads := payloads || jsonb_build_object('from', old.priority, 'to', new.priority);
  end if;
  if new.tags is distinct from old.tags then
    kinds := kinds || 'conversation.tagged'::text;
    payloads := payloads || jsonb_build_object('from', old.tags, 'to', new.tags);
  end if;
  if new.snoozed_until is distinct from old.snoozed_until and new.status in ('active', 'escalated') then
    kinds := kinds || case when new.snoozed_until is null then 'conversation.woken' else 'conversation.snoozed' end;
    payloads := payloads || jsonb_build_object('until', new.snoozed_until);
  end if;
  if new.satisfaction_score is distinct from old.satisfaction_score then
    kinds := kinds || 'conversation.rated'::text;
    payloads := payloads || jsonb_build_object('from', old.satisfaction_score, 'to', new.satisfaction_score);
  end if;
  if new.merged_into_id is distinct from old.merged_into_id then
    kinds := kinds || case when new.merged_into_id is null then 'conversation.unmerged' else 'conversation.merged' end;
    payloads := payloads || jsonb_build_object('into', coalesce(new.merged_into_id, old.merged_into_id));
  end if;
  if new.routing_rule_id is distinct from old.routing_rule_id and new.routing_rule_id is not null then
    kinds := kinds || 'conversation.routed'::text;
    payloads := payloads || romashka.routing_payload(new);
  end if;
  for i in 1 .. cardinality(kinds) loop
    happened_at := coalesce(case kinds[i] when 'conversation.resolved' then new.resolved_at when 'conversation.closed' then new.closed_at end, at);
    insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id, occurred_at, time_basis, payload)
    values (new.workspace_id, kinds[i], actor, person, 'conversation', new.id, new.id, happened_at, case when happened_at < at then 'source' else 'recorded' end, payloads[i]);
  end loop;
  return null;
end $$;
comment on function romashka.record_conversation_event() is 'Trigger: what happened to a conversation, into the ledger.';
create or replace trigger conversations_05_record_event after insert or delete on public.conversations
  for each row execute function romashka.record_conversation_event();
create or replace trigger conversations_05_record_event_on_update
  after update of status, assigned_agent_id, team_id, priority, tags, snoozed_until, satisfaction_score, merged_into_id, routing_rule_id on public.conversations for each row
  when (old.status is distinct from new.status or old.assigned_agent_id is distinct from new.assigned_agent_id or old.team_id is distinct from new.team_id
    or old.priority is distinct from new.priority or old.tags is distinct from new.tags or old.snoozed_until is distinct from new.snoozed_until
    or old.satisfaction_score is distinct from new.satisfaction_score or old.merged_into_id is distinct from new.merged_into_id
    or old.routing_rule_id is distinct from new.routing_rule_id)
  execute function romashka.record_conversation_event();

-- Messages -------------------------------------------------------------------------------------------------------------

create or replace function romashka.fill_message_language() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: reads the conversation for writers who may only add to it.
begin
  select c.language into new.language from public.conversations as c where c.id = new.conversation_id and c.workspace_id = new.workspace_id;
  return new;
end $$;
comment on function romashka.fill_message_language() is 'Trigger: a message without a language has its conversation''s.';
create or replace trigger messages_10_fill_language before insert on public.messages for each row
  when (new.language is null) execute function romashka.fill_message_language();

create or replace function romashka.recount_conversation(workspace uuid, conversation uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: writes counters.
declare
  figures record;
  latest record;
begin
  perform from public.conversations as c where c.id = conversation and c.workspace_id = workspace for update;
  if not found then return; end if;
  select count(*) as total, count(*) filter (where m.sender_type = 'user') as customer, count(*) filter (where m.sender_type = 'ai') as ai,
         count(*) filter (where m.sender_type = 'agent') as agent, min(m.created_at) filter (where m.sender_type <> 'user' and not m.is_quiet) as first_response
    into figures from public.messages as m where m.conversation_id = conversation and m.workspace_id = workspace;
  select m.id, m.created_at, left(m.content, 500) as content, m.sender_type into latest from public.messages as m
   where m.conversation_id = conversation and m.workspace_id = workspace order by m.created_at desc, m.id desc limit 1;
  update public.conversations as c set message_count = figures.total, last_message = latest.content, last_message_id = latest.id,
    last_message_at = coalesce(latest.created_at, c.created_at), first_response_at = figures.first_response,
    waiting_since = case when c.status in ('active', 'escalated') then
      (select min(m.created_at) from public.messages as m where m.conversation_id = conversation and m.workspace_id = workspace and m.sender_type = 'user' and not m.is_quiet
        and m.created_at > coalesce((select max(r.created_at) from public.messages as r where r.conversation_id = conversation and r.workspace_id = workspace
                                       and r.sender_type <> 'user' and not r.is_quiet), '-infinity')) end,
    updated_at = pg_catalog.now()
   where c.id = conversation and c.workspace_id = workspace;
  update public.conversation_analytics as a set total_messages = figures.total, customer_messages = figures.customer, ai_messages = figures.ai,
    agent_messages = figures.agent, first_response_at = figures.first_response,
    first_response_seconds = case when figures.first_response is not null then greatest(0, extract(epoch from figures.first_response - a.started_at))::integer end, updated_at = pg_catalog.now()
   where a.conversation_id = conversation and a.workspace_id = workspace;
end $$;
comment on function romashka.recount_conversation(uuid, uuid) is 'Recomputes one conversation''s counters from its messages, for edits, moves and deletes.';

create or replace function public.update_conversation_message_count() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: counters and the ledger are written by triggers only.
declare
  incoming constant boolean := new.sender_type = 'user';
  at constant timestamptz := pg_catalog.now();
  state record;
  answers_first boolean;
begin
  if tg_op = 'UPDATE' then
    if new.content is distinct from old.content then
      update public.conversations as c set last_message = left(new.content, 500), updated_at = at
       where c.id = new.conversation_id and c.workspace_id = new.workspace_id and c.last_message_id = new.id;
    end if;
    insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id)
    values (new.workspace_id, 'message.updated', romashka.actor_kind(), romashka.actor_id(), 'message', new.id, new.conversation_id);
    return null;
  end if;
  update public.conversations as c set
    message_count = c.message_count + 1,
    last_message = case when c.last_message_id is null or new.created_at >= c.last_message_at then left(new.content, 500) else c.last_message end,
    last_message_id = case when c.last_message_id is null or new.created_at >= c.last_message_at then new.id else c.last_message_id end,
    last_message_at = case when c.last_message_id is null or new.created_at >= c.last_message_at then new.created_at else c.last_message_at end,
    waiting_since = case when new.is_quiet then c.waiting_since
                         when not incoming then case when c.waiting_since > new.created_at then c.waiting_since end
                         when c.last_message_id is not null and new.created_at < c.last_message_at then c.waiting_since
                         else coalesce(c.waiting_since, new.created_at) end,
    first_response_at = case when incoming or new.is_quiet then c.first_response_at else least(c.first_response_at, new.created_at) end,
    updated_at = at
  where c.id = new.conversation_id and c.workspace_id = new.workspace_id
  returning c.sla_policy_id, c.first_response_at, c.status, c.snoozed_until, c.merged_into_id, c.resolved_at, c.message_count, c.created_at into state;
  -- A statement of its own, so that the triggers of a change of status are looked at only when there is one.
  if incoming and not new.is_quiet and (state.snoozed_until is not null or state.status in ('resolved', 'closed')) and state.merged_into_id is null then
    update public.conversations as c set snoozed_until = null, updated_at = at,
      status = case when c.status in ('resolved', 'closed') and new.created_at >= c.resolved_at then 'active' else c.status end,
      waiting_since = case when c.status in ('resolved', 'closed') and new.created_at < c.resolved_at then null else c.waiting_since end
    where c.id = new.conversation_id and c.workspace_id = new.workspace_id;
  end if;
  update public.conversation_analytics as a set
    total_messages = a.total_messages + 1,
    customer_messages = a.customer_messages + case when incoming then 1 else 0 end,
    ai_messages = a.ai_messages + case when new.sender_type = 'ai' then 1 else 0 end,
    agent_messages = a.agent_messages + case when new.sender_type = 'agent' then 1 else 0 end,
    updated_at = at
  where a.conversation_id = new.conversation_id and a.workspace_id = new.workspace_id;
  -- A conversation that was made before its first message is known: what rules ask of the words can be answered now.
  -- What ingest_message opens begins with its message, whose words were known.
  if incoming and state.message_count = 1 and new.created_at <> state.created_at and state.status in ('active', 'escalated') then
    if exists (select from public.channel_routing_rules as r where r.workspace_id = new.workspace_id and r.is_active and r.conditions ? 'keywords') then
      perform romashka.route_by_first_message(new.workspace_id, new.conversation_id, new.content);
    end if;
  end if;
  answers_first := not incoming and not new.is_quiet and state.first_response_at = new.created_at;
  -- Apart, because these figures mark the day of the roll-up as stale, and most messages answer nothing for the first time.
  if answers_first then
    update public.conversation_analytics as a set first_response_at = new.created_at,
      first_response_seconds = greatest(0, extract(epoch from new.created_at - a.started_at))::integer
    where a.conversation_id = new.conversation_id and a.workspace_id = new.workspace_id;
  end if;
  if state.sla_policy_id is not null or answers_first then
    perform romashka.sla_on_message(new.workspace_id, new.conversation_id, new.sender_type, new.created_at);
  end if;
  insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id, occurred_at, time_basis)
  values (new.workspace_id, 'message.created', case new.sender_type when 'user' then 'customer' else new.sender_type end, new.sender_id,
    'message', new.id, new.conversation_id, new.created_at, case when new.created_at < at then 'source' else 'recorded' end);
  return null;
end $$;
comment on function public.update_conversation_message_count() is
  'Trigger: count, preview, waiting time, first response and reopening of a conversation, its figures and the ledger''s row, for each message. A late message never moves the preview back.';
create or replace trigger trigger_update_conversation_message_count after insert on public.messages
  for each row execute function public.update_conversation_message_count();
create or replace trigger trigger_update_conversation_message_count_on_update after update on public.messages for each row
  when (old.content is distinct from new.content or old.conversation_id is distinct from new.conversation_id or old.sender_type is distinct from new.sender_type
    or old.created_at is distinct from new.created_at or old.is_quiet is distinct from new.is_quiet)
  execute function public.update_conversation_message_count();

-- Deletes are counted once per conversation, not once per row: a row trigger would walk through as many versions of the conversation as rows are deleted.
create or replace function romashka.count_deleted_messages() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as update_conversation_message_count.
declare
  touched record;
  actor constant text := romashka.actor_kind();
  person constant uuid := romashka.actor_id();
begin
  for touched in select distinct d.workspace_id, d.conversation_id from deleted_rows as d order by 2 loop
    perform romashka.recount_conversation(touched.workspace_id, touched.conversation_id);
  end loop;
  insert into public.events (workspace_id, kind, actor_kind, actor_id, subject_type, subject_id, conversation_id)
  select d.workspace_id, 'message.deleted', actor, person, 'message', d.id, d.conversation_id from deleted_rows as d
   where exists (select from public.conversations as c where c.id = d.conversation_id and c.workspace_id = d.workspace_id);
  return null;
end $$;
comment on function romashka.count_deleted_messages() is 'Trigger: counters after messages were deleted.';
create or replace trigger messages_80_count_deleted after delete on public.messages referencing old table as deleted_rows
  for each statement execute function romashka.count_deleted_messages();

-- An edit that changes who said something, when or where is counted anew. Inserts are counted by update_conversation_message_count, which
-- locks the conversation before its figures: a trigger of its own would fire first, by its name, and take the two locks the other way round.
create or replace function public.update_conversation_analytics() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as create_conversation_analytics.
begin
  perform romashka.recount_conversation(old.workspace_id, least(old.conversation_id, new.conversation_id));
  if new.conversation_id <> old.conversation_id then
    perform romashka.recount_conversation(old.workspace_id, greatest(old.conversation_id, new.conversation_id));
  end if;
  return null;
end $$;
comment on function public.update_conversation_analytics() is 'Trigger: counts a conversation anew after a message was moved or given another sender or time.';
create or replace trigger trigger_update_conversation_analytics after update on public.messages for each row
  when (old.conversation_id is distinct from new.conversation_id or old.sender_type is distinct from new.sender_type
    or old.created_at is distinct from new.created_at or old.is_quiet is distinct from new.is_quiet)
  execute function public.update_conversation_analytics();

revoke execute on all functions in schema romashka from public;
do $$
declare
  signature text;
begin
  foreach signature in array array['messages', 'customer_profiles', 'customer_channel_preferences', 'custom_attribute_definitions',
    'conversation_context', 'conversation_notes', 'saved_views'] loop
    perform romashka.touch_table(signature);
  end loop;
  perform romashka.touch_table('conversations', array['customer_id', 'user_name', 'user_email', 'assigned_agent_id', 'team_id', 'status', 'priority', 'channel_type',
    'channel_id', 'external_conversation_id', 'subject', 'customer_phone', 'customer_social_id', 'tags', 'satisfaction_score', 'satisfaction_comment',
    'resolution_time_seconds', 'handoff_reason', 'department', 'language', 'sentiment', 'intent', 'ai_confidence', 'business_context', 'custom_attributes',
    'snoozed_until', 'resolved_at', 'closed_at', 'merged_into_id', 'sla_policy_id', 'workflow_id',
    'routing_rule_id', 'reply_channel_type', 'fallback_channel_type']);
  perform romashka.touch_table('conversation_analytics', array['started_at', 'resolved_at', 'resolved_by', 'resolved_by_id', 'resolution_type', 'handoff_count',
    'agent_switches', 'customer_satisfaction', 'ai_accuracy_score', 'knowledge_items_used', 'lead_qualified', 'revenue_generated', 'follow_up_required']);
  foreach signature in array array['auto_assign_conversation()', 'create_conversation_analytics()', 'finalize_conversation_analytics()', 'update_agent_chat_count()',
    'update_customer_stats()', 'update_conversation_message_count()', 'update_conversation_analytics()'] loop
    perform romashka.grant_function('public.' || signature, variadic array[]::text[]);
  end loop;
end $$;

-- ============ 50-knowledge/functions ============
-- Purpose: versions of articles, their use and effect, the trees of categories, and the search.
-- Invariants: every text an article has had is kept under a number of its own; the counters equal a recount of knowledge_analytics.
-- Lock risk: a use of an article locks its row; moving categories is serialised within a workspace.

create or replace trigger knowledge_items_10_author before insert on public.knowledge_items
  for each row when (new.created_by is null) execute function romashka.fill_author();
create or replace trigger intent_patterns_10_author before insert on public.intent_patterns
  for each row when (new.created_by is null) execute function romashka.fill_author();

-- A category is never below itself. Two moves at once could make a circle that neither sees, so moves of a workspace wait for each other.
create or replace function romashka.refuse_category_circle() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: sees all categories of the row's workspace.
declare
  above uuid := new.parent_id;
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('knowledge_categories ' || new.workspace_id::text, 0));
  while above is not null loop
    if above = new.id then
      raise exception 'a category cannot be below itself' using errcode = 'RM422', constraint = 'knowledge_categories_parent_id_check';
    end if;
    select c.parent_id into above from public.knowledge_categories as c where c.id = above and c.workspace_id = new.workspace_id;
  end loop;
  return new;
end $$;
comment on function romashka.refuse_category_circle() is 'Trigger: refuses a parent that is below the category.';
create or replace trigger knowledge_categories_10_no_circle before insert or update of parent_id, id on public.knowledge_categories
  for each row when (new.parent_id is not null) execute function romashka.refuse_category_circle();

create or replace function romashka.number_knowledge_version() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: looks whether the one who edits has a profile.
declare
  at constant timestamptz := pg_catalog.now();
begin
  if tg_op = 'INSERT' then
    new.version := 1;
  else
    if (new.title, new.content) is distinct from (old.title, old.content) then
      new.version := old.version + 1;
      if new.change_note is not distinct from old.change_note then new.change_note := null; end if;
      if new.updated_by is not distinct from old.updated_by then
        new.updated_by := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
      end if;
    else
      new.version := old.version;
    end if;
  end if;
  if new.status = 'active' and new.published_at is null then new.published_at := at; end if;
  return new;
end $$;
comment on function romashka.number_knowledge_version() is 'Trigger: the version counts changes of title and text, whatever a statement says; the first publication is dated.';
create or replace trigger knowledge_items_20_version before insert or update on public.knowledge_items
  for each row execute function romashka.number_knowledge_version();

create or replace function public.create_knowledge_version() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes versions himself. The row lock on the article keeps two editors from taking one number.
begin
  insert into public.knowledge_versions (workspace_id, knowledge_item_id, version, title, content, changes_description, created_by)
  values (new.workspace_id, new.id, new.version, new.title, new.content, new.change_note, case when tg_op = 'INSERT' then new.created_by else new.updated_by end);
  return null;
end $$;
comment on function public.create_knowledge_version() is 'Trigger: keeps the text an article has from now on under the number of its version, from version 1 on.';
create or replace trigger trigger_create_knowledge_version after insert on public.knowledge_items
  for each row execute function public.create_knowledge_version();
create or replace trigger trigger_create_knowledge_version_on_update after update on public.knowledge_items
  for each row when (old.version <> new.version) execute function public.create_knowledge_version();

create or replace function public.restore_knowledge_version(item uuid, version integer, workspace uuid default public.current_workspace_id()) returns integer
language plpgsql set search_path = '' as $$
declare
  kept public.knowledge_versions;
  made integer;
begin
  select * into kept from public.knowledge_versions as v
   where v.knowledge_item_id = item and v.workspace_id = workspace and v.version = restore_knowledge_version.version;
  if not found then raise exception 'no such version' using errcode = 'RM404'; end if;
  update public.knowledge_items as i set title = coalesce(kept.title, i.title), content = kept.content, change_note = format('version %s restored', kept.version)
   where i.id = item and i.workspace_id = workspace returning i.version into made;
  if not found then raise exception 'this needs the role agent in the workspace' using errcode = 'RM403'; end if;
  return made;
end $$;
comment on function public.restore_knowledge_version(uuid, integer, uuid) is 'Makes an old text the present one again, as a new version; returns its number.';

-- Use and effect -----------------------------------------------------------------------------------------------------------

create or replace function public.update_knowledge_usage() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: a use counts also where the user may not edit.
begin
  if tg_op <> 'INSERT' then
    update public.knowledge_items as i set usage_count = greatest(0, i.usage_count - 1)
     where i.id = old.knowledge_item_id and i.workspace_id = old.workspace_id;
  end if;
  if tg_op <> 'DELETE' then
    update public.knowledge_items as i set usage_count = i.usage_count + 1, last_used_at = greatest(i.last_used_at, new.created_at)
     where i.id = new.knowledge_item_id and i.workspace_id = new.workspace_id;
  end if;
  return null;
end $$;
comment on function public.update_knowledge_usage() is 'Trigger: counts the uses of an article.';
create or replace trigger trigger_update_knowledge_usage after insert or delete on public.knowledge_analytics
  for each row execute function public.update_knowledge_usage();
create or replace trigger trigger_update_knowledge_usage_on_move after update of knowledge_item_id on public.knowledge_analytics
  for each row when (old.knowledge_item_id is distinct from new.knowledge_item_id) execute function public.update_knowledge_usage();

create or replace function romashka.effectiveness(helpful integer, unhelpful integer) returns numeric language sql immutable parallel safe
return round((greatest(helpful, 0) + 2)::numeric / (greatest(helpful, 0) + greatest(unhelpful, 0) + 4), 4);
comment on function romashka.effectiveness(integer, integer) is
  'Share of yes among the answers, smoothed by two of each (Beta(2, 2)): 0.5 without answers, 0.6 after one yes.';

create or replace function public.calculate_knowledge_effectiveness() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as update_knowledge_usage.
begin
  if tg_op <> 'INSERT' and old.was_helpful is not null then
    update public.knowledge_items as i
       set helpful_count = greatest(0, i.helpful_count - old.was_helpful::integer), unhelpful_count = greatest(0, i.unhelpful_count - (not old.was_helpful)::integer),
           effectiveness_score = romashka.effectiveness(i.helpful_count - old.was_helpful::integer, i.unhelpful_count - (not old.was_helpful)::integer)
     where i.id = old.knowledge_item_id and i.workspace_id = old.workspace_id;
  end if;
  if tg_op <> 'DELETE' and new.was_helpful is not null then
    update public.knowledge_items as i
       set helpful_count = i.helpful_count + new.was_helpful::integer, unhelpful_count = i.unhelpful_count + (not new.was_helpful)::integer,
           effectiveness_score = romashka.effectiveness(i.helpful_count + new.was_helpful::integer, i.unhelpful_count + (not new.was_helpful)::integer)
     where i.id = new.knowledge_item_id and i.workspace_id = new.workspace_id;
  end if;
  return null;
end $$;
comment on function public.calculate_knowledge_effectiveness() is 'Trigger: keeps the answers to "was it helpful" and the smoothed share of yes. No answer counts as neither.';
create or replace trigger trigger_calculate_knowledge_effectiveness after insert or delete or update of was_helpful, knowledge_item_id on public.knowledge_analytics
  for each row execute function public.calculate_knowledge_effectiveness();

create or replace function public.record_knowledge_use(item uuid, usage_context text default 'search', conversation uuid default null, was_helpful boolean default null,
  feedback text default null, workspace uuid default public.current_workspace_id()) returns uuid
language plpgsql set search_path = '' as $$
declare
  made uuid;
begin
  -- Under the caller's policies: an article or a conversation of another workspace is not there.
  if not exists (select from public.knowledge_items as i where i.id = item and i.workspace_id = workspace) then
    raise exception 'no such article' using errcode = 'RM404';
  end if;
  if conversation is not null and not exists (select from public.conversations as c where c.id = conversation and c.workspace_id = workspace) then
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
  insert into public.knowledge_analytics (workspace_id, knowledge_item_id, conversation_id, was_helpful, feedback_text, usage_context)
  values (workspace, item, conversation, record_knowledge_use.was_helpful, feedback, record_knowledge_use.usage_context) returning id into made;
  return made;
end $$;
comment on function public.record_knowledge_use(uuid, text, uuid, boolean, text, uuid) is 'Notes that an article was used, where, and whether it helped.';

-- Search -------------------------------------------------------------------------------------------------------------------

create or replace function romashka.knowledge_query(workspace uuid, query text, language text) returns tsquery language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by search_knowledge alone, which has checked the workspace.
declare
  wanted tsquery := pg_catalog.websearch_to_tsquery('pg_catalog.simple', query);
  tongue text := '';
begin
  if language is not null then
    return wanted || pg_catalog.websearch_to_tsquery(romashka.search_configuration(language), query);
  end if;
  -- Each language that articles are written in, found by steps along the index.
  loop
    select i.language into tongue from public.knowledge_items as i where i.workspace_id = workspace and i.language > tongue order by i.language limit 1;
    exit when not found;
    wanted := wanted || pg_catalog.websearch_to_tsquery(romashka.search_configuration(tongue), query);
  end loop;
  return wanted;
end $$;
comment on function romashka.knowledge_query(uuid, text, text) is 'What is searched for: the words as they are, or as the stemmer of any language in use has them.';

create or replace function romashka.knowledge_words(workspace uuid, query text, language text) returns text[] language plpgsql stable security definer set search_path = '' as $$
-- Definer: as knowledge_query.
declare
  tongues text[] := array[language];
  tongue text := '';
  kept text;
begin
  if language is null then
    tongues := '{}';
    loop
      select i.language into tongue from public.knowledge_items as i where i.workspace_id = workspace and i.language > tongue order by i.language limit 1;
      exit when not found;
      tongues := tongues || tongue;
    end loop;
  end if;
  -- A word that says nothing in one of the languages is left out of all: the documents hold it as it is written.
  select string_agg(w.lexeme, ' ') into kept from unnest(pg_catalog.to_tsvector('pg_catalog.simple', query)) as w
   where not exists (select from unnest(tongues) as t (name)
                      where romashka.search_configuration(t.name) <> 'pg_catalog.simple'::regconfig and pg_catalog.to_tsvector(romashka.search_configuration(t.name), w.lexeme) = '');
  return array(
    select w.lexeme from (
        select f.lexeme from unnest(tongues) as t (name), unnest(pg_catalog.to_tsvector(romashka.search_configuration(t.name), coalesce(kept, ''))) as f
        union
        select f.lexeme from unnest(pg_catalog.to_tsvector('pg_catalog.simple', coalesce(kept, ''))) as f where f.lexeme ~ '\d') as w
     where strpos(w.lexeme, '\') = 0 order by 1 limit 24);
end $$;
comment on function romashka.knowledge_words(uuid, text, text) is 'The words of a question that say something, as the documents of any language in use hold them; at most 24.';

create or replace function romashka.rank_articles(workspace uuid, query text, language text, limit_count integer, category uuid, audiences text[])
returns table (article_id uuid, points real) language plpgsql stable security definer set search_path = '' set enable_seqscan = off set jit = off as $$
-- Definer: as knowledge_query.
-- The text weighs half as much as the title, and what is there as it is written next to nothing: it is there with its stem, too.
-- Of each word's articles up to three hundred are looked at, a hundred and fifty with it in the title; those that hold the rarest words are ranked.
declare
  scope constant tsquery := pg_catalog.quote_literal('w' || replace(workspace::text, '-', ''))::tsquery;
  lexemes constant text[] := romashka.knowledge_words(workspace, query, language);
  wanted constant tsquery := (select string_agg(pg_catalog.quote_literal(l), ' | ') from unnest(lexemes) as l)::tsquery;
begin
  if wanted is null then return; end if;
  return query
    with holders as (
      select l.lexeme, h.id from unnest(lexemes) as l (lexeme)
       cross join lateral (
        (select i.id from public.knowledge_items as i
          where romashka.knowledge_title_document(i.workspace_id, i.language, i.title) @@ (scope && pg_catalog.quote_literal(l.lexeme)::tsquery)
            and i.status = 'active' and i.audience = any (audiences)
            and (rank_articles.language is null or i.language = rank_articles.language) and (category is null or i.category_id = category)
          limit 150)
        union
        (select i.id from public.knowledge_items as i
          where i.search_document @@ (scope && pg_catalog.quote_literal(l.lexeme)::tsquery)
            and i.status = 'active' and i.audience = any (audiences)
            and (rank_articles.language is null or i.language = rank_articles.language) and (category is null or i.category_id = category)
          limit 150)) as h),
    rarity as (select h.lexeme, pg_catalog.ln(1 + 300.0 / count(*)) as weight from holders as h group by h.lexeme),
    chosen as materialized (
      select h.id from holders as h join rarity as r on r.lexeme = h.lexeme group by h.id order by sum(r.weight) desc, h.id limit 200)
    select i.id, pg_catalog.ts_rank('{0.02, 0.5, 0.5, 1}', i.search_document, wanted) as rank
      from chosen as c join public.knowledge_items as i on i.id = c.id and i.workspace_id = workspace
     order by 2 desc, 1 limit limit_count;
end $$;
comment on function romashka.rank_articles(uuid, text, text, integer, uuid, text[]) is 'Active articles that hold any of the words of a question, best first.';

create or replace function public.search_knowledge(query text, language text default null, limit_count integer default 20, category uuid default null,
  workspace uuid default public.current_workspace_id(), audience text default null)
returns table (id uuid, title text, excerpt text, category_id uuid, item_language text, item_audience text, effectiveness_score numeric, score real, matched_by text)
language plpgsql stable security definer set search_path = '' set enable_seqscan = off set jit = off as $$
-- Definer: operators of text search are not leakproof, so under policies their index would not be used; the workspace is checked first and is a word of the query.
-- Only bitmaps: a scan that hopes to be done early reads every article's document from its side table, for words that few have.
-- Of a word that thousands of articles hold, a hundred and fifty with it in the title are ranked, and as many of all.
declare
  page constant integer := greatest(1, least(coalesce(limit_count, 20), 200));
  scope constant tsquery := pg_catalog.quote_literal('w' || replace(workspace::text, '-', ''))::tsquery;
  audiences constant text[] := case audience when 'public' then array['public'] when 'signed_in' then array['public', 'signed_in'] else array['public', 'signed_in', 'internal'] end;
  fragment constant text := '%' || replace(replace(replace(trim(query), '\', '\\'), '%', '\%'), '_', '\_') || '%';
  wanted tsquery;
  found_ids uuid[];
  found_points real[];
  how text;
begin
  perform romashka.require_role(workspace, 'viewer');
  if audience is not null and audience not in ('public', 'signed_in', 'internal') then
    raise exception 'unknown audience %', audience using errcode = 'RM400', hint = 'public, signed_in or internal';
  end if;
  if length(trim(coalesce(query, ''))) = 0 then return; end if;
  wanted := romashka.knowledge_query(workspace, left(query, 1000), search_knowledge.language);
  if pg_catalog.numnode(wanted) > 0 then
    with candidates as (
      (select i.id from public.knowledge_items as i
        where romashka.knowledge_title_document(i.workspace_id, i.language, i.title) @@ (scope && wanted) and i.status = 'active' and i.audience = any (audiences)
          and (search_knowledge.language is null or i.language = search_knowledge.language) and (category is null or i.category_id = category)
        limit 150)
      union
      (select i.id from public.knowledge_items as i
        where i.search_document @@ (scope && wanted) and i.status = 'active' and i.audience = any (audiences)
          and (search_knowledge.language is null or i.language = search_knowledge.language) and (category is null or i.category_id = category)
        limit 150)),
    best as (
      select i.id, (pg_catalog.ts_rank(i.search_document, wanted) * (0.75 + 0.5 * i.effectiveness_score))::real as points
        from candidates as c join public.knowledge_items as i on i.id = c.id and i.workspace_id = workspace
       order by 2 desc, i.id limit page)
    select array_agg(b.id order by b.points desc, b.id), array_agg(b.points order by b.points desc, b.id) into found_ids, found_points from best as b;
    how := 'words';
  end if;
  -- Parts of words, numbers, codes. Fewer than three characters have no trigram and would read everything, and a whole question is no part of a word.
  if found_ids is null and length(trim(query)) between 3 and 60 then
    with best as (
      select i.id, (case when i.title ilike fragment then 0.6 else 0.1 end * (0.75 + 0.5 * i.effectiveness_score))::real as points
        from (select x.id from public.knowledge_items as x where x.title ilike fragment and x.workspace_id = workspace
              union
              select x.id from public.knowledge_items as x where x.content ilike fragment and x.workspace_id = workspace limit 500) as f
        join public.knowledge_items as i on i.id = f.id and i.workspace_id = workspace
       where i.status = 'active' and i.audience = any (audiences)
         and (search_knowledge.language is null or i.language = search_knowledge.language) and (category is null or i.category_id = category)
       order by 2 desc, i.id limit page)
    select array_agg(b.id order by b.points desc, b.id), array_agg(b.points order by b.points desc, b.id) into found_ids, found_points from best as b;
    how := 'substring';
  end if;
  return query
    select i.id, i.title, case how when 'words' then left(i.content, 300) else substr(i.content, greatest(1, strpos(lower(i.content), lower(trim(query))) - 100), 300) end,
           i.category_id, i.language, i.audience, i.effectiveness_score, f.points, how
      from unnest(found_ids, found_points) with ordinality as f (id, points, place) join public.knowledge_items as i on i.id = f.id and i.workspace_id = workspace
     order by f.place;
  -- People ask in sentences, of which articles rarely hold every word. A phrase alone in quotation marks and an exclusion are meant as they are written.
  if coalesce(cardinality(found_ids), 0) < page and query !~ '(^|\s)-\S|^\s*"[^"]*"\s*$' then
    return query
      select i.id, i.title, left(i.content, 300), i.category_id, i.language, i.audience, i.effectiveness_score,
             least(a.points * (0.75 + 0.5 * i.effectiveness_score), found_points[cardinality(found_points)])::real, 'some_words'
        from romashka.rank_articles(workspace, left(query, 1000), search_knowledge.language, page, category, audiences) as a
        join public.knowledge_items as i on i.id = a.article_id and i.workspace_id = workspace
       where found_ids is null or a.article_id <> all (found_ids)
       order by a.points * (0.75 + 0.5 * i.effectiveness_score) desc, i.id limit page - coalesce(cardinality(found_ids), 0);
  end if;
end $$;
comment on function public.search_knowledge(text, text, integer, uuid, uuid, text) is
  'Active articles that hold the words of a query (as a search engine reads it: "…", or, -), best first; where none does, those that hold it as a part of a word; then those that hold some of its words, as a question needs them. audience: public, signed_in or internal (all), for whom the answer is.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_members('public.restore_knowledge_version(uuid, integer, uuid)');
  perform romashka.grant_members('public.record_knowledge_use(uuid, text, uuid, boolean, text, uuid)');
  perform romashka.grant_members('public.search_knowledge(text, text, integer, uuid, uuid, text)');
  perform romashka.grant_function('public.create_knowledge_version()', variadic '{}');
  perform romashka.grant_function('public.update_knowledge_usage()', variadic '{}');
  perform romashka.grant_function('public.calculate_knowledge_effectiveness()', variadic '{}');
end $$;

-- ============ 60-workflows/functions ============
-- Purpose: the state and the counters of workflows' runs.
-- Invariants: execution_count, success_count and failure_count equal a recount of the runs, those of deleted conversations left out.
-- Lock risk: the start and the end of a run lock its workflow's row for the rest of the transaction.

create or replace function romashka.prepare_workflow_execution() returns trigger language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if tg_op = 'UPDATE' and old.status in ('completed', 'failed') and new.status not in ('completed', 'failed') then
    raise exception 'a run that has ended does not go on' using errcode = 'RM409', hint = 'Start another run.';
  end if;
  new.completed_at := case when new.status in ('completed', 'failed') then coalesce(new.completed_at, at) end;
  if new.status in ('completed', 'failed') then new.resume_at := null; end if;
  return new;
end $$;
comment on function romashka.prepare_workflow_execution() is 'Trigger: dates the end of a run; what has ended does not go on.';
create or replace trigger workflow_executions_10_prepare before insert or update of status, completed_at on public.workflow_executions
  for each row execute function romashka.prepare_workflow_execution();

create or replace function romashka.count_workflow_execution() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: agents start runs and may not edit workflows.
declare
  was text := case when tg_op <> 'INSERT' then old.status end;
  is_now text := case when tg_op <> 'DELETE' then new.status end;
  workflow constant uuid := case when tg_op = 'DELETE' then old.workflow_id else new.workflow_id end;
  workspace constant uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
begin
  update public.workflows as w
     set execution_count = w.execution_count + (is_now is not null)::integer - (was is not null)::integer,
         success_count = w.success_count + coalesce(is_now = 'completed', false)::integer - coalesce(was = 'completed', false)::integer,
         failure_count = w.failure_count + coalesce(is_now = 'failed', false)::integer - coalesce(was = 'failed', false)::integer
   where w.id = workflow and w.workspace_id = workspace;
  if is_now in ('completed', 'failed') and was is distinct from is_now then
    perform romashka.record_event(workspace, 'workflow.' || is_now, 'workflow', workflow, new.conversation_id,
      jsonb_strip_nulls(jsonb_build_object('execution_id', new.id, 'error', new.error_message)));
  end if;
  return null;
end $$;
comment on function romashka.count_workflow_execution() is 'Trigger: the counters of a workflow, by deltas; the end of a run is an event.';
create or replace trigger workflow_executions_20_count after insert or delete on public.workflow_executions
  for each row execute function romashka.count_workflow_execution();
create or replace trigger workflow_executions_20_count_on_update after update of status on public.workflow_executions
  for each row when (old.status is distinct from new.status) execute function romashka.count_workflow_execution();
create or replace trigger workflow_executions_00_keep_workflow before update of workflow_id on public.workflow_executions
  for each row when (old.workflow_id is distinct from new.workflow_id) execute function romashka.refuse_change('a run stays with its workflow');

revoke execute on all functions in schema romashka from public;

-- ============ 70-analytics/functions ============
-- Purpose: business time, the clocks of service levels, roll-ups, live figures.
-- Invariants: time is counted on the absolute line, so that a day with a change of clocks has the hours it has; a roll-up is made from the rows
-- themselves and can be made again at any time; a clock runs, stands, or is done.
-- Lock risk: row locks; an advisory lock for each workspace and day that is rolled up.

-- Business time --------------------------------------------------------------------------------------------------------

-- A shift belongs to the day it begins on, also when it ends the day after; a holiday has no shift that begins on it.
create or replace function romashka.business_seconds(hours jsonb, zone text, holidays date[], from_time timestamptz, to_time timestamptz) returns bigint
language plpgsql stable parallel safe set search_path = '' as $$
declare
  days constant text[] := array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  day date := (from_time at time zone zone)::date - 1;
  last_day constant date := (to_time at time zone zone)::date;
  covered timestamptz := from_time;
  opens timestamptz;
  closes timestamptz;
  span jsonb;
  total interval := interval '0';
begin
  if from_time is null or to_time is null then return null; end if;
  while day <= last_day loop
    span := hours -> days[extract(isodow from day)::integer];
    if span is not null and span <> 'null'::jsonb and not day = any (coalesce(holidays, '{}')) then
      opens := greatest((day + (span ->> 'start')::time) at time zone zone, covered);
      closes := least((day + case when (span ->> 'end')::time <= (span ->> 'start')::time then 1 else 0 end + (span ->> 'end')::time) at time zone zone, to_time);
      if closes > opens then
        total := total + (closes - opens);
        covered := closes;
      end if;
    end if;
    day := day + 1;
  end loop;
  return floor(extract(epoch from total))::bigint;
end $$;
comment on function romashka.business_seconds(jsonb, text, date[], timestamptz, timestamptz) is
  'Seconds between two moments that lie within weekly hours, in a time zone, without holidays. Overlapping shifts count once.';

create or replace function romashka.add_business_seconds(hours jsonb, zone text, holidays date[], start timestamptz, seconds bigint) returns timestamptz
language plpgsql stable parallel safe set search_path = '' as $$
declare
  days constant text[] := array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  day date := (start at time zone zone)::date - 1;
  last_day constant date := (start at time zone zone)::date + 3660 + (coalesce(seconds, 0) / 600)::integer;
  covered timestamptz := start;
  opens timestamptz;
  closes timestamptz;
  span jsonb;
  remaining interval := make_interval(secs => seconds);
begin
  if start is null or seconds is null then return null; end if;
  if seconds <= 0 then return start; end if;
  while day <= last_day loop
    span := hours -> days[extract(isodow from day)::integer];
    if span is not null and span <> 'null'::jsonb and not day = any (coalesce(holidays, '{}')) then
      opens := greatest((day + (span ->> 'start')::time) at time zone zone, covered);
      closes := (day + case when (span ->> 'end')::time <= (span ->> 'start')::time then 1 else 0 end + (span ->> 'end')::time) at time zone zone;
      if closes > opens then
        if closes - opens >= remaining then return opens + remaining; end if;
        remaining := remaining - (closes - opens);
        covered := closes;
      end if;
    end if;
    day := day + 1;
  end loop;
  return null;
end $$;
comment on function romashka.add_business_seconds(jsonb, text, date[], timestamptz, bigint) is
  'The moment at which so many seconds of business time have passed; null where weekly hours never give them.';

-- Service levels -------------------------------------------------------------------------------------------------------

create or replace function romashka.sla_due(workspace uuid, conversation uuid, business boolean, start timestamptz, seconds bigint) returns timestamptz
language plpgsql stable set search_path = '' as $$
declare
  place record;
begin
  if not business then return start + make_interval(secs => seconds); end if;
  select coalesce(t.business_hours, w.business_hours) as hours, w.time_zone, w.holidays into place
    from public.workspaces as w
    left join public.conversations as c on c.id = conversation and c.workspace_id = w.id
    left join public.teams as t on t.id = c.team_id and t.workspace_id = c.workspace_id
   where w.id = workspace;
  -- Hours that never open are no promise that could be kept: the calendar counts then.
  return coalesce(romashka.add_business_seconds(place.hours, place.time_zone, place.holidays, start, seconds), start + make_interval(secs => seconds));
end $$;
comment on function romashka.sla_due(uuid, uuid, boolean, timestamptz, bigint) is 'When a clock that starts now runs out, in calendar or business time (the team''s hours before the workspace''s).';

create or replace function romashka.sla_left(workspace uuid, conversation uuid, business boolean, at timestamptz, due timestamptz) returns bigint
language plpgsql stable set search_path = '' as $$
declare
  place record;
begin
  if not business then
    return case when at <= due then floor(extract(epoch from due - at))::bigint else -greatest(1, floor(extract(epoch from at - due))::bigint) end;
  end if;
  select coalesce(t.business_hours, w.business_hours) as hours, w.time_zone, w.holidays into place
    from public.workspaces as w
    left join public.conversations as c on c.id = conversation and c.workspace_id = w.id
    left join public.teams as t on t.id = c.team_id and t.workspace_id = c.workspace_id
   where w.id = workspace;
  if at <= due then return romashka.business_seconds(place.hours, place.time_zone, place.holidays, at, due); end if;
  -- Late is late, also when nobody was at work since.
  return -greatest(1, romashka.business_seconds(place.hours, place.time_zone, place.holidays, due, at));
end $$;
comment on function romashka.sla_left(uuid, uuid, boolean, timestamptz, timestamptz) is 'Seconds left on a clock, negative when it has run out.';

create or replace function romashka.start_clock(workspace uuid, conversation uuid, policy uuid, kind text, seconds integer, business boolean, start timestamptz)
returns void language plpgsql set search_path = '' as $$
declare
  due constant timestamptz := romashka.sla_due(workspace, conversation, business, start, seconds);
begin
  insert into public.sla_tracking (workspace_id, conversation_id, policy_id, sla_type, target_time_seconds, business_hours_only, started_at, due_at)
  values (workspace, conversation, policy, kind, seconds, business, start, due);
end $$;
comment on function romashka.start_clock(uuid, uuid, uuid, text, integer, boolean, timestamptz) is 'Starts a clock of a conversation.';

create or replace function romashka.stop_clocks(workspace uuid, conversation uuid, kinds text[], at timestamptz) returns void language plpgsql set search_path = '' as $$
declare
  clock public.sla_tracking;
  left_over bigint;
begin
  for clock in
    select t.* from public.sla_tracking as t
     where t.conversation_id = conversation and t.workspace_id = workspace and t.sla_type = any (kinds) and t.completed_at is null
       and (t.sla_type <> 'next_response' or t.started_at <= at)
     order by t.id for update
  loop
    left_over := case when clock.paused_at is not null then clock.remaining_seconds
                      else romashka.sla_left(workspace, conversation, clock.business_hours_only, at, clock.due_at) end;
    update public.sla_tracking as t set
      completed_at = at,
      status = case when clock.status = 'breached' or left_over < 0 then 'breached' else 'met' end,
      breached_at = case when clock.status = 'breached' then clock.breached_at when left_over < 0 then clock.due_at end,
      breach_reason = case when clock.status = 'breached' then clock.breach_reason when left_over < 0 then 'late' end,
      actual_time_seconds = greatest(0, least(clock.target_time_seconds - left_over, 2147483647))::integer,
      remaining_seconds = left_over,
      paused_seconds = clock.paused_seconds + case when clock.paused_at is null then 0 else greatest(0, extract(epoch from at - clock.paused_at))::bigint end,
      due_at = coalesce(clock.due_at, at + make_interval(secs => left_over)),
      paused_at = null
    where t.id = clock.id and t.workspace_id = workspace;
  end loop;
end $$;
comment on function romashka.stop_clocks(uuid, uuid, text[], timestamptz) is 'What was promised happened: met, or breached when it was late.';

create or replace function romashka.policy_for(talk public.conversations) returns uuid language plpgsql stable set search_path = '' as $$
begin
  return (select p.id from public.sla_policies as p
           where p.workspace_id = talk.workspace_id and p.is_active
             and (p.priorities = '{}' or talk.priority = any (p.priorities))
             and (p.channel_types = '{}' or talk.channel_type = any (p.channel_types))
             and (p.team_ids = '{}' or talk.team_id = any (p.team_ids))
           order by p.position, p.id limit 1);
end $$;
comment on function romashka.policy_for(public.conversations) is 'The first policy that fits a conversation, null where none does.';

create or replace function romashka.sla_on_conversation(talk public.conversations) returns void language plpgsql set search_path = '' as $$
declare
  policy public.sla_policies;
  seconds integer;
begin
  if talk.sla_policy_id is not null then
    select p.* into policy from public.sla_policies as p where p.id = talk.sla_policy_id and p.workspace_id = talk.workspace_id;
    if policy.first_response_seconds is not null then
      perform romashka.start_clock(talk.workspace_id, talk.id, policy.id, 'first_response', policy.first_response_seconds, policy.business_hours_only, talk.created_at);
    end if;
    if policy.resolution_seconds is not null then
      perform romashka.start_clock(talk.workspace_id, talk.id, policy.id, 'resolution', policy.resolution_seconds, policy.business_hours_only, talk.created_at);
    end if;
    return;
  end if;
  seconds := (romashka.setting(talk.workspace_id, 'sla_first_response_seconds') #>> '{}')::integer;
  perform romashka.start_clock(talk.workspace_id, talk.id, null, 'first_response', seconds, false, talk.created_at);
  seconds := (romashka.setting(talk.workspace_id, 'sla_resolution_seconds') #>> '{}')::integer;
  perform romashka.start_clock(talk.workspace_id, talk.id, null, 'resolution', seconds, false, talk.created_at);
end $$;
comment on function romashka.sla_on_conversation(public.conversations) is
  'Starts the clocks of a new conversation: those of the policy that fits, else those of the settings sla_first_response_seconds and sla_resolution_seconds.';

create or replace function romashka.sla_on_message(workspace uuid, conversation uuid, sender_type text, at timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  policy public.sla_policies;
  clock public.sla_tracking;
  left_over bigint;
  due timestamptz;
begin
  if sender_type <> 'user' then
    perform romashka.stop_clocks(workspace, conversation, array['first_response', 'next_response'], at);
  end if;
  select p.* into policy from public.sla_policies as p
    join public.conversations as c on c.sla_policy_id = p.id and c.workspace_id = p.workspace_id
   where c.id = conversation and c.workspace_id = workspace;
  if not found then return; end if;
  if policy.pause_while_waiting then
    select t.* into clock from public.sla_tracking as t
     where t.conversation_id = conversation and t.workspace_id = workspace and t.sla_type = 'resolution' and t.status = 'pending' and t.completed_at is null
     order by t.id limit 1 for update;
    if found and sender_type <> 'user' and clock.paused_at is null then
      left_over := romashka.sla_left(workspace, conversation, clock.business_hours_only, at, clock.due_at);
      -- One that has run out already stays as it is: mark_sla_breaches says so.
      if left_over >= 0 then
        update public.sla_tracking as t set paused_at = at, remaining_seconds = left_over, due_at = null where t.id = clock.id and t.workspace_id = workspace;
      end if;
    elsif found and sender_type = 'user' and clock.paused_at is not null and at >= clock.paused_at then
      due := romashka.sla_due(workspace, conversation, clock.business_hours_only, at, clock.remaining_seconds);
      update public.sla_tracking as t set due_at = due, remaining_seconds = null, paused_at = null,
        paused_seconds = clock.paused_seconds + extract(epoch from at - clock.paused_at)::bigint
       where t.id = clock.id and t.workspace_id = workspace;
    end if;
  end if;
  -- A customer who writes twice waits since the first time; one who has had no answer yet waits for the first.
  if sender_type = 'user' and policy.next_response_seconds is not null
     and exists (select from public.conversations as c where c.id = conversation and c.workspace_id = workspace and c.first_response_at < at)
     and not exists (select from public.sla_tracking as t where t.conversation_id = conversation and t.workspace_id = workspace
                       and t.sla_type in ('first_response', 'next_response') and (t.completed_at is null or t.completed_at > at)) then
    perform romashka.start_clock(workspace, conversation, policy.id, 'next_response', policy.next_response_seconds, policy.business_hours_only, at);
  end if;
end $$;
comment on function romashka.sla_on_message(uuid, uuid, text, timestamptz) is
  'An answer stops the clocks of the response and lets that of the resolution stand; a customer''s message lets it run again and starts the next response''s.';

create or replace function romashka.sla_on_status(workspace uuid, conversation uuid, old_status text, new_status text, at timestamptz) returns void
language plpgsql set search_path = '' as $$
declare
  clock public.sla_tracking;
  due timestamptz;
begin
  if old_status in ('active', 'escalated') and new_status in ('resolved', 'closed') then
    perform romashka.stop_clocks(workspace, conversation, array['first_response', 'next_response', 'resolution'], at);
  elsif old_status in ('resolved', 'closed') and new_status in ('active', 'escalated') then
    select t.* into clock from public.sla_tracking as t
     where t.conversation_id = conversation and t.workspace_id = workspace and t.sla_type = 'resolution' and t.completed_at is not null
     order by t.id desc limit 1 for update;
    if found then
      -- The time it was resolved does not count. What was breached stays breached.
      due := case when clock.status = 'met' then romashka.sla_due(workspace, conversation, clock.business_hours_only, at, clock.remaining_seconds) else clock.due_at end;
      update public.sla_tracking as t set status = case when clock.status = 'met' then 'pending' else clock.status end, due_at = due,
        completed_at = null, actual_time_seconds = null, remaining_seconds = null,
        paused_seconds = clock.paused_seconds + greatest(0, extract(epoch from at - clock.completed_at))::bigint
       where t.id = clock.id and t.workspace_id = workspace;
    end if;
  end if;
end $$;
comment on function romashka.sla_on_status(uuid, uuid, text, text, timestamptz) is 'Resolving stops the clocks; reopening lets that of the resolution run on with what was left.';

create or replace function public.mark_sla_breaches(batch integer default 500) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: clocks are written by the database alone. Works on every workspace for the owner and the service, else on the one asked for.
declare
  place record;
  clock record;
  marked integer := 0;
  at constant timestamptz := pg_catalog.now();
  everywhere constant boolean := romashka.is_owner_session() or (coalesce(romashka.claims() ->> 'role', '') = 'service_role' and romashka.current_user_id() is null);
begin
  if not everywhere then perform romashka.require_role(public.current_workspace_id(), 'admin'); end if;
  for place in select w.id from public.workspaces as w where everywhere or w.id = public.current_workspace_id() order by w.id loop
    for clock in
      select t.id, t.conversation_id, t.sla_type, t.due_at, t.target_time_seconds from public.sla_tracking as t
       where t.workspace_id = place.id and t.status = 'pending' and t.due_at <= at
       order by t.due_at limit greatest(0, batch - marked) for update skip locked
    loop
      update public.sla_tracking as t set status = 'breached', breached_at = clock.due_at, breach_reason = 'not done in time'
       where t.id = clock.id and t.workspace_id = place.id;
      perform romashka.record_event(place.id, 'sla.breached', 'conversation', clock.conversation_id, clock.conversation_id,
        jsonb_build_object('sla_type', clock.sla_type, 'due_at', clock.due_at, 'target_time_seconds', clock.target_time_seconds), 'system');
      marked := marked + 1;
    end loop;
    exit when marked >= batch;
  end loop;
  return marked;
end $$;
comment on function public.mark_sla_breaches(integer) is 'Marks clocks that have run out and records it in the ledger, at most so many at a time; returns how many.';

-- Roll-ups -------------------------------------------------------------------------------------------------------------

create or replace function romashka.day_figures(workspace uuid, day date)
returns table (channel_type text, department text, agent_id uuid, total_conversations integer, resolved_conversations integer, ai_resolved_conversations integer,
  human_resolved_conversations integer, abandoned_conversations integer, reopened_conversations integer, avg_first_response_time_seconds integer,
  p50_first_response_time_seconds integer, p90_first_response_time_seconds integer, p95_first_response_time_seconds integer, avg_resolution_time_seconds integer,
  p50_resolution_time_seconds integer, p90_resolution_time_seconds integer, p95_resolution_time_seconds integer, total_ratings integer, avg_satisfaction_score numeric,
  ai_confidence_avg numeric, ai_accuracy_rate numeric, handoff_rate numeric, leads_generated integer, sales_qualified_leads integer, revenue_attributed numeric)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  zone constant text := (select w.time_zone from public.workspaces as w where w.id = workspace);
  day_begins constant timestamptz := day::timestamp at time zone zone;
  day_ends constant timestamptz := (day + 1)::timestamp at time zone zone;
begin
  return query
  with talk as (
    select c.channel_type::text as channel_type, c.department, c.assigned_agent_id as agent_id, c.status in ('resolved', 'closed') as is_resolved, a.resolved_by, c.reopen_count,
           a.first_response_seconds, case when c.status in ('resolved', 'closed') then c.resolution_time_seconds end as resolution_seconds,
           c.satisfaction_score, c.ai_confidence, a.ai_accuracy_score, coalesce(a.handoff_count, 0) > 0 as was_handed_off,
           coalesce(a.lead_qualified, false) as lead_qualified, coalesce(a.revenue_generated, 0) as revenue
      from public.conversations as c
      left join public.conversation_analytics as a on a.conversation_id = c.id and a.workspace_id = c.workspace_id
     where c.workspace_id = workspace and c.created_at >= day_begins and c.created_at < day_ends and c.merged_into_id is null),
  figures as (
    select t.channel_type, t.department, t.agent_id, grouping(t.channel_type, t.department, t.agent_id) as level, count(*)::integer as total,
           (count(*) filter (where t.is_resolved))::integer as resolved,
           (count(*) filter (where t.is_resolved and t.resolved_by = 'ai'))::integer as by_ai,
           (count(*) filter (where t.is_resolved and t.resolved_by = 'agent'))::integer as by_people,
           (count(*) filter (where t.is_resolved and t.resolved_by = 'abandoned'))::integer as abandoned,
           (count(*) filter (where t.reopen_count > 0))::integer as reopened,
           coalesce(round(avg(t.first_response_seconds)), 0)::integer as mean_response,
           percentile_disc(array[0.5, 0.9, 0.95]) within group (order by t.first_response_seconds) as responses,
           coalesce(round(avg(t.resolution_seconds)), 0)::integer as mean_resolution,
           percentile_disc(array[0.5, 0.9, 0.95]) within group (order by t.resolution_seconds) as resolutions,
           count(t.satisfaction_score)::integer as ratings, coalesce(round(avg(t.satisfaction_score), 2), 0) as satisfaction,
           coalesce(round(avg(t.ai_confidence), 4), 0) as confidence, coalesce(round(avg(t.ai_accuracy_score), 4), 0) as accuracy,
           coalesce(round((count(*) filter (where t.was_handed_off))::numeric / nullif(count(*), 0), 4), 0) as handoffs,
           (count(*) filter (where t.lead_qualified))::integer as leads,
           (count(*) filter (where t.lead_qualified and t.revenue > 0))::integer as qualified, coalesce(sum(t.revenue), 0) as revenue
      from talk as t
     group by grouping sets ((), (t.channel_type), (t.department), (t.agent_id)))
  select f.channel_type, f.department, f.agent_id, f.total, f.resolved, f.by_ai, f.by_people, f.abandoned, f.reopened,
         f.mean_response, f.responses[1], f.responses[2], f.responses[3], f.mean_resolution, f.resolutions[1], f.resolutions[2], f.resolutions[3],
         f.ratings, f.satisfaction, f.confidence, f.accuracy, f.handoffs, f.leads, f.qualified, f.revenue
    from figures as f
   -- level 6 (binary 110): grouped by agent. What nobody has is in the total, not in a row of nobody's own.
   where f.level <> 6 or f.agent_id is not null;
end $$;
comment on function romashka.day_figures(uuid, date) is
  'The figures of a day from the rows themselves: in total, per channel, per department and per agent. A day is that of the workspace''s time zone.';

create or replace function romashka.write_day(workspace uuid, day date) returns integer language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.now();
  written integer;
begin
  if exists (select from public.retention_runs as r join public.workspaces as w on w.id = r.workspace_id
              where r.workspace_id = workspace and r.area = 'conversations' and (day::timestamp at time zone w.time_zone) < r.removed_before) then
    return 0; -- What the day was made from is gone: its roll-up stays.
  end if;
  -- Two runs for one day wait for each other; nobody else does.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('daily_metrics ' || workspace::text || ' ' || day::text, 0));
  with figures as materialized (select * from romashka.day_figures(workspace, day)),
  gone as (
    delete from public.daily_metrics as m
     where m.workspace_id = write_day.workspace and m.date = write_day.day
       and not exists (select from figures as f where f.channel_type is not distinct from m.channel_type and f.department is not distinct from m.department
                         and f.agent_id is not distinct from m.agent_id)),
  stored as (
    insert into public.daily_metrics as m (workspace_id, date, channel_type, department, agent_id, total_conversations, resolved_conversations, ai_resolved_conversations,
      human_resolved_conversations, abandoned_conversations, reopened_conversations, avg_first_response_time_seconds, p50_first_response_time_seconds,
      p90_first_response_time_seconds, p95_first_response_time_seconds, avg_resolution_time_seconds, p50_resolution_time_seconds, p90_resolution_time_seconds,
      p95_resolution_time_seconds, total_ratings, avg_satisfaction_score, ai_confidence_avg, ai_accuracy_rate, handoff_rate, leads_generated, sales_qualified_leads,
      revenue_attributed, updated_at)
    select write_day.workspace, write_day.day, f.*, at from figures as f
    on conflict (workspace_id, date, coalesce(channel_type, ''), coalesce(department, ''), coalesce(agent_id, '00000000-0000-0000-0000-000000000000'::uuid))
    do update set total_conversations = excluded.total_conversations, resolved_conversations = excluded.resolved_conversations,
      ai_resolved_conversations = excluded.ai_resolved_conversations, human_resolved_conversations = excluded.human_resolved_conversations,
      abandoned_conversations = excluded.abandoned_conversations, reopened_conversations = excluded.reopened_conversations,
      avg_first_response_time_seconds = excluded.avg_first_response_time_seconds, p50_first_response_time_seconds = excluded.p50_first_response_time_seconds,
      p90_first_response_time_seconds = excluded.p90_first_response_time_seconds, p95_first_response_time_seconds = excluded.p95_first_response_time_seconds,
      avg_resolution_time_seconds = excluded.avg_resolution_time_seconds, p50_resolution_time_seconds = excluded.p50_resolution_time_seconds,
      p90_resolution_time_seconds = excluded.p90_resolution_time_seconds, p95_resolution_time_seconds = excluded.p95_resolution_time_seconds,
      total_ratings = excluded.total_ratings, avg_satisfaction_score = excluded.avg_satisfaction_score, ai_confidence_avg = excluded.ai_confidence_avg,
      ai_accuracy_rate = excluded.ai_accuracy_rate, handoff_rate = excluded.handoff_rate, leads_generated = excluded.leads_generated,
      sales_qualified_leads = excluded.sales_qualified_leads, revenue_attributed = excluded.revenue_attributed, updated_at = excluded.updated_at
    returning 1)
  select count(*) into written from stored;
  return written;
end $$;
comment on function romashka.write_day(uuid, date) is 'Writes the roll-up of a day, and removes rows of it that have no conversations any more.';

create or replace function public.aggregate_daily_metrics(target_date date default null, workspace uuid default null) returns integer
language plpgsql security definer set search_path = '' as $$
-- Definer: roll-ups are written by functions alone. The workspace is the one asked for, checked first.
declare
  place constant uuid := coalesce(workspace, public.current_workspace_id());
  zone text;
begin
  perform romashka.require_role(place, 'admin');
  select w.time_zone into zone from public.workspaces as w where w.id = place;
  if not found then raise exception 'there is no such workspace' using errcode = 'RM404'; end if;
  return romashka.write_day(place, coalesce(target_date, (pg_catalog.now() at time zone zone)::date - 1));
end $$;
comment on function public.aggregate_daily_metrics(date, uuid) is
  'Makes the roll-up of a day (yesterday in the workspace''s time zone), as often as one likes; returns the number of its rows.';

create or replace function public.refresh_daily_metrics(workspace uuid default null, most_days integer default 400) returns integer
language plpgsql security definer set search_path = '' as $$
-- Definer: as aggregate_daily_metrics.
declare
  place constant uuid := coalesce(workspace, public.current_workspace_id());
  zone text;
  yesterday date;
  newest date;
  day date;
  written integer := 0;
begin
  perform romashka.require_role(place, 'admin');
  select w.time_zone into zone from public.workspaces as w where w.id = place;
  if not found then raise exception 'there is no such workspace' using errcode = 'RM404'; end if;
  yesterday := (pg_catalog.now() at time zone zone)::date - 1;
  select max(m.date) into newest from public.daily_metrics as m where m.workspace_id = place and m.date <= yesterday;
  if newest is null then
    select (min(c.created_at) at time zone zone)::date into newest from public.conversations as c where c.workspace_id = place;
    newest := newest - 1;
  end if;
  for day in
    with taken as (
      delete from public.stale_metric_days as s
       where s.workspace_id = place and s.date in (select d.date from public.stale_metric_days as d where d.workspace_id = place group by d.date order by d.date desc limit most_days)
       returning s.date)
    select t.date from taken as t
    union
    select d::date from generate_series(newest + 1, yesterday, interval '1 day') as d
    order by 1
  loop
    written := written + romashka.write_day(place, day);
  end loop;
  return written;
end $$;
comment on function public.refresh_daily_metrics(uuid, integer) is
  'Brings the roll-ups of a workspace up to date: days that have none yet, and days of which a conversation changed since. Returns the number of rows written.';

-- A quarter of an hour never spans two days of any time zone: only conversations from before it can be of an earlier day.
create or replace function romashka.mark_stale_day() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the marks are written by triggers only.
declare
  place constant uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
  zone text;
  moment timestamptz;
  moments timestamptz[];
begin
  -- Retention removes what a day was made from, not what is known of it.
  if pg_catalog.current_setting('romashka.audit_work', true) = 'retention' then return null; end if;
  if tg_op = 'UPDATE' then
    moments := array[old.created_at, nullif(new.created_at, old.created_at)];
  else
    moments := array[case when tg_op = 'DELETE' then old.created_at else new.created_at end];
  end if;
  select w.time_zone into zone from public.workspaces as w where w.id = place;
  if not found then return null; end if;
  foreach moment in array moments loop
    if (moment at time zone zone)::date < (pg_catalog.now() at time zone zone)::date then
      insert into public.stale_metric_days (workspace_id, date) values (place, (moment at time zone zone)::date);
    end if;
  end loop;
  return null;
end $$;
comment on function romashka.mark_stale_day() is 'Trigger: the roll-up of an earlier day does not hold any more.';

create or replace function romashka.mark_stale_figures() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as mark_stale_day.
begin
  insert into public.stale_metric_days (workspace_id, date)
  select w.id, (new.started_at at time zone w.time_zone)::date from public.workspaces as w
   where w.id = new.workspace_id and (new.started_at at time zone w.time_zone)::date < (pg_catalog.now() at time zone w.time_zone)::date;
  return null;
end $$;
comment on function romashka.mark_stale_figures() is 'Trigger: as mark_stale_day, for the figures of a conversation.';
create or replace trigger conversations_80_mark_stale_day_on_insert after insert on public.conversations for each row
  when (new.created_at < pg_catalog.date_bin('15 minutes', pg_catalog.now(), '2000-01-01 00:00:00+00'))
  execute function romashka.mark_stale_day();
create or replace trigger conversations_80_mark_stale_day_on_delete after delete on public.conversations for each row
  when (old.created_at < pg_catalog.date_bin('15 minutes', pg_catalog.now(), '2000-01-01 00:00:00+00'))
  execute function romashka.mark_stale_day();
-- By column, so that a message, which changes only counters, does not pay for the condition. What a trigger changes within the row comes with the status.
create or replace trigger conversations_80_mark_stale_day_on_update after update
  of status, channel_type, department, assigned_agent_id, resolution_time_seconds, satisfaction_score, ai_confidence, merged_into_id, reopen_count, created_at
  on public.conversations for each row
  when ((old.status is distinct from new.status or old.channel_type is distinct from new.channel_type or old.department is distinct from new.department
      or old.assigned_agent_id is distinct from new.assigned_agent_id or old.resolution_time_seconds is distinct from new.resolution_time_seconds
      or old.satisfaction_score is distinct from new.satisfaction_score or old.ai_confidence is distinct from new.ai_confidence
      or old.merged_into_id is distinct from new.merged_into_id or old.reopen_count is distinct from new.reopen_count or old.created_at is distinct from new.created_at)
    and (old.created_at < pg_catalog.date_bin('15 minutes', pg_catalog.now(), '2000-01-01 00:00:00+00')
      or new.created_at < pg_catalog.date_bin('15 minutes', pg_catalog.now(), '2000-01-01 00:00:00+00')))
  execute function romashka.mark_stale_day();
create or replace trigger conversation_analytics_80_mark_stale_day after update
  of resolved_by, first_response_seconds, handoff_count, ai_accuracy_score, lead_qualified, revenue_generated on public.conversation_analytics for each row
  when ((old.resolved_by is distinct from new.resolved_by or old.first_response_seconds is distinct from new.first_response_seconds
      or old.handoff_count is distinct from new.handoff_count or old.ai_accuracy_score is distinct from new.ai_accuracy_score
      or old.lead_qualified is distinct from new.lead_qualified or old.revenue_generated is distinct from new.revenue_generated)
    and old.started_at < pg_catalog.date_bin('15 minutes', pg_catalog.now(), '2000-01-01 00:00:00+00'))
  execute function romashka.mark_stale_figures();

create or replace function romashka.mark_all_days_stale() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as mark_stale_day.
begin
  insert into public.stale_metric_days (workspace_id, date)
  select distinct new.id, m.date + shift from public.daily_metrics as m cross join generate_series(-1, 1) as shift where m.workspace_id = new.id;
  return null;
end $$;
comment on function romashka.mark_all_days_stale() is 'Trigger: another time zone has other days.';
create or replace trigger workspaces_80_mark_all_days_stale after update of time_zone on public.workspaces for each row
  when (old.time_zone is distinct from new.time_zone) execute function romashka.mark_all_days_stale();

-- Live figures ---------------------------------------------------------------------------------------------------------

create or replace function public.refresh_realtime_metrics(workspace uuid default null) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: counts for everybody who may look.
declare
  place constant uuid := coalesce(workspace, public.current_workspace_id());
  at constant timestamptz := pg_catalog.now();
  written integer;
begin
  perform romashka.require_role(place, 'viewer');
  with talk as (
    select c.channel_type, c.status, c.assigned_agent_id is null as is_unassigned, c.waiting_since
      from public.conversations as c
     where c.workspace_id = place and c.status in ('active', 'escalated') and c.merged_into_id is null),
  figures (metric_name, metric_value, dimensions) as (
    select 'open_conversations', count(*)::numeric, '{}'::jsonb from talk
    union all select 'open_conversations', count(*), jsonb_build_object('channel_type', t.channel_type) from talk as t group by t.channel_type
    union all select 'escalated_conversations', count(*), '{}' from talk as t where t.status = 'escalated'
    union all select 'unassigned_conversations', count(*), '{}' from talk as t where t.is_unassigned
    union all select 'waiting_customers', count(*), '{}' from talk as t where t.waiting_since is not null
    union all select 'longest_wait_seconds', coalesce(floor(extract(epoch from at - min(t.waiting_since))), 0), '{}' from talk as t where t.waiting_since is not null
    union all select 'agents_online', count(*), '{}' from public.agent_availability as a where a.workspace_id = place and a.is_online
    union all select 'agents_free', count(*), '{}' from public.agent_availability as a
      where a.workspace_id = place and a.is_online and a.status = 'available' and a.current_chat_count < a.max_concurrent_chats
    union all select 'sla_overdue', count(*), '{}' from public.sla_tracking as s where s.workspace_id = place and s.status = 'pending' and s.due_at <= at),
  stored as (
    insert into public.realtime_metrics (workspace_id, metric_name, metric_value, dimensions, "timestamp", expires_at)
    select place, f.metric_name, f.metric_value, f.dimensions, at, at + interval '1 hour' from figures as f returning 1)
  select count(*) into written from stored;
  return written;
end $$;
comment on function public.refresh_realtime_metrics(uuid) is 'Takes the figures of this moment of a workspace; returns how many.';

create or replace function public.cleanup_expired_metrics() returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: works on every workspace for the owner and the service, else on those the one who asks manages.
declare
  at constant timestamptz := pg_catalog.now();
  removed integer;
  everywhere constant boolean := romashka.is_owner_session() or (coalesce(romashka.claims() ->> 'role', '') = 'service_role' and romashka.current_user_id() is null);
  mine constant uuid[] := romashka.my_workspaces('admin');
begin
  delete from public.realtime_metrics as m where m.expires_at <= at and (everywhere or m.workspace_id = any (mine));
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function public.cleanup_expired_metrics() is 'Removes live figures that have expired; returns how many.';

-- Tags in use ----------------------------------------------------------------------------------------------------------------

create or replace function romashka.note_tags() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write counts himself. The argument is what has the tags.
declare
  place constant uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
  before constant text[] := case when tg_op = 'INSERT' then '{}' else old.tags end;
  after constant text[] := case when tg_op = 'DELETE' then '{}' else new.tags end;
begin
  insert into public.tag_changes (workspace_id, applies_to, tag, delta)
  select place, tg_argv[0], changed.tag, changed.delta
    from (select t.tag, 1 as delta from unnest(after) as t (tag) where t.tag <> all (before) group by t.tag
          union all
          select t.tag, -1 from unnest(before) as t (tag) where t.tag <> all (after) group by t.tag) as changed
   -- A workspace that is removed takes its counts along.
   where tg_op <> 'DELETE' or exists (select from public.workspaces as w where w.id = place);
  return null;
end $$;
comment on function romashka.note_tags() is 'Trigger: tags that were given or taken.';
do $$
declare
  target record;
begin
  for target in select * from (values ('conversations', 'conversation'), ('customer_profiles', 'customer'), ('knowledge_items', 'article')) as t (name, kind) loop
    execute format('create or replace trigger %I after insert on public.%I for each row when (new.tags <> ''{}'') execute function romashka.note_tags(%L)',
      target.name || '_60_tags_insert', target.name, target.kind);
    execute format('create or replace trigger %I after update of tags on public.%I for each row when (new.tags is distinct from old.tags) execute function romashka.note_tags(%L)',
      target.name || '_60_tags_update', target.name, target.kind);
    execute format('create or replace trigger %I after delete on public.%I for each row when (old.tags <> ''{}'') execute function romashka.note_tags(%L)',
      target.name || '_60_tags_delete', target.name, target.kind);
  end loop;
end $$;

create or replace function romashka.count_tags(batch integer default 5000) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  counted integer;
begin
  with taken as (
    delete from public.tag_changes as c using (select x.id, x.workspace_id from public.tag_changes as x limit batch for update skip locked) as chosen
     where c.id = chosen.id and c.workspace_id = chosen.workspace_id
    returning c.workspace_id, c.applies_to, c.tag, c.delta),
  summed as (
    insert into public.tag_counts as k (workspace_id, applies_to, tag, use_count)
    select t.workspace_id, t.applies_to, t.tag, sum(t.delta) from taken as t group by t.workspace_id, t.applies_to, t.tag order by 1, 2, 3
    on conflict (workspace_id, applies_to, tag) do update set use_count = k.use_count + excluded.use_count)
  select count(*)::integer into counted from taken;
  delete from public.tag_counts as k where k.use_count = 0;
  return counted;
end $$;
comment on function romashka.count_tags(integer) is 'Adds the changes of tags to their counts; returns how many there were.';

create or replace function romashka.recount_tags(workspace uuid default null) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the owner's and the service's, over all workspaces unless one is named.
begin
  -- Whoever changes tags waits: what he adds comes after what is counted here.
  lock table public.tag_changes in share row exclusive mode;
  delete from public.tag_changes as c where recount_tags.workspace is null or c.workspace_id = recount_tags.workspace;
  delete from public.tag_counts as k where recount_tags.workspace is null or k.workspace_id = recount_tags.workspace;
  insert into public.tag_counts (workspace_id, applies_to, tag, use_count)
  select used.workspace_id, used.applies_to, used.tag, count(*)
    from (select c.id, c.workspace_id, 'conversation' as applies_to, t.tag from public.conversations as c, unnest(c.tags) as t (tag) group by c.id, c.workspace_id, t.tag
          union all
          select c.id, c.workspace_id, 'customer', t.tag from public.customer_profiles as c, unnest(c.tags) as t (tag) group by c.id, c.workspace_id, t.tag
          union all
          select c.id, c.workspace_id, 'article', t.tag from public.knowledge_items as c, unnest(c.tags) as t (tag) group by c.id, c.workspace_id, t.tag) as used
   where recount_tags.workspace is null or used.workspace_id = recount_tags.workspace
   group by used.workspace_id, used.applies_to, used.tag;
end $$;
comment on function romashka.recount_tags(uuid) is 'Counts tags anew from what has them.';
-- What was there before its tags were counted.
do $$ begin
  if not exists (select from public.tag_counts) and not exists (select from public.tag_changes) then perform romashka.recount_tags(); end if;
end $$;

-- Reports that are sent ------------------------------------------------------------------------------------------------------

create or replace function romashka.replan_report() returns trigger language plpgsql set search_path = '' as $$
begin
  new.next_run_at := null;
  return new;
end $$;
comment on function romashka.replan_report() is 'Trigger: another expression, or being switched on again, is planned anew by the server; what was due by the old one is not sent.';
create or replace trigger scheduled_reports_10_replan before update of schedule_cron, is_active on public.scheduled_reports for each row
  when (new.next_run_at is not distinct from old.next_run_at and (new.schedule_cron <> old.schedule_cron or (new.is_active and not old.is_active)))
  execute function romashka.replan_report();

create or replace function romashka.replan_reports() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: an admin changes the zone; when reports are due is the server's to write.
begin
  update public.scheduled_reports as r set next_run_at = null where r.workspace_id = new.id and r.is_active;
  return null;
end $$;
comment on function romashka.replan_reports() is 'Trigger: the reports of a workspace are due by its new time zone.';
create or replace trigger workspaces_50_replan_reports after update of time_zone on public.workspaces for each row
  when (new.time_zone <> old.time_zone) execute function romashka.replan_reports();

revoke execute on all functions in schema romashka from public;
do $$
declare
  name text;
begin
  foreach name in array array['daily_metrics', 'scheduled_reports', 'dashboard_configs', 'sla_policies'] loop
    perform romashka.touch_table(name);
  end loop;
  perform romashka.grant_function('romashka.count_tags(integer)', 'service_role');
  perform romashka.grant_function('romashka.recount_tags(uuid)', 'service_role');
  perform romashka.grant_function('public.mark_sla_breaches(integer)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.aggregate_daily_metrics(date, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.refresh_daily_metrics(uuid, integer)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.refresh_realtime_metrics(uuid)', 'authenticated', 'service_role', 'romashka_agent', 'romashka_admin');
  perform romashka.grant_function('public.cleanup_expired_metrics()', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('romashka.business_seconds(jsonb, text, date[], timestamptz, timestamptz)', 'authenticated', 'service_role', 'romashka_agent', 'romashka_admin');
  perform romashka.grant_function('romashka.add_business_seconds(jsonb, text, date[], timestamptz, bigint)', 'authenticated', 'service_role', 'romashka_agent', 'romashka_admin');
end $$;

-- ============ 80-integrations/functions ============
-- Purpose: the queues out: deliveries to customers, webhooks to subscribers, exchange with other systems.
-- Invariants: an item is held by one worker at a time and never before an earlier one of its key; a lost worker's items come back; nothing is tried
--   for ever; a delivery never goes backwards; an event is put out once for each subscription.
-- Who calls: the server's workers (service_role); admins replay.
-- Lock risk: row locks on queued items, skipped by whoever claims; enqueue_webhook_deliveries locks its workspace's cursor.
do $$ begin
  perform romashka.ensure_partitions('webhook_logs', current_date, current_date + 62);
end $$;

create or replace trigger integrations_10_author before insert on public.integrations
  for each row when (new.created_by is null) execute function romashka.fill_author();

-- Deliveries to customers ---------------------------------------------------------------------------------------------------

create or replace function romashka.delivery_rank(status text) returns integer language sql immutable parallel safe
return case status when 'queued' then 0 when 'sending' then 1 when 'sent' then 2 when 'failed' then 3 when 'dead' then 3 when 'cancelled' then 3
                   when 'delivered' then 4 when 'read' then 5 end;
comment on function romashka.delivery_rank(text) is 'How far a delivery has come; failed and dead are further than sent, and what proves arrival is further than they are.';

create or replace function romashka.prepare_delivery() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: reads the message, whoever queues it.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if tg_op = 'INSERT' then
    if new.ordering_key is null then
      select m.conversation_id::text into new.ordering_key from public.messages as m where m.id = new.message_id and m.workspace_id = new.workspace_id;
    end if;
    if new.send_after > new.next_attempt_at then new.next_attempt_at := new.send_after; end if;
  elsif romashka.delivery_rank(new.delivery_status) < romashka.delivery_rank(old.delivery_status)
        and not (old.delivery_status = 'sending' and new.delivery_status = 'queued')
        and not (old.delivery_status in ('failed', 'dead') and new.delivery_status = 'queued' and new.attempt_count = 0)
        -- What was not known is known now.
        and not (old.is_uncertain and not new.is_uncertain and new.delivery_status = 'sent') then
    -- Providers report out of order: what comes late changes nothing but the times that were not known.
    new.delivery_status := old.delivery_status;
    new.lease_id := old.lease_id;
  end if;
  if new.delivery_status <> 'sending' then new.lease_id := null; new.locked_by := null; end if;
  if new.delivery_status in ('sent', 'delivered', 'read') then new.sent_at := coalesce(new.sent_at, at); end if;
  if new.delivery_status in ('delivered', 'read') then new.delivery_timestamp := coalesce(new.delivery_timestamp, at); end if;
  if new.delivery_status = 'read' then new.read_timestamp := coalesce(new.read_timestamp, at); end if;
  return new;
end $$;
comment on function romashka.prepare_delivery() is 'Trigger: a delivery is in the order of its conversation, never goes backwards, and its times are kept.';
create or replace trigger message_delivery_tracking_10_insert before insert on public.message_delivery_tracking
  for each row execute function romashka.prepare_delivery();
create or replace trigger message_delivery_tracking_10_update before update on public.message_delivery_tracking
  for each row execute function romashka.prepare_delivery();

create or replace function romashka.report_delivery() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the message shows how far it has come, whoever brings the news.
declare
  shown constant text := case new.delivery_status when 'dead' then 'failed' else new.delivery_status end;
  conversation uuid;
begin
  -- A mail of what was not read in the chat says nothing of how far the answer has come there.
  if new.purpose = 'unread' then
    if shown = 'sent' then
      perform romashka.record_event(new.workspace_id, 'message.mailed', 'message', new.message_id,
        (select m.conversation_id from public.messages as m where m.id = new.message_id and m.workspace_id = new.workspace_id));
    end if;
    return null;
  end if;
  -- What was to go by another channel and need not any more says nothing either: the message has arrived.
  if new.purpose = 'fallback' and shown = 'cancelled' then return null; end if;
  update public.messages as m set delivery_status = shown
   where m.id = new.message_id and m.workspace_id = new.workspace_id and m.delivery_status <> shown
  returning m.conversation_id into conversation;
  if found and shown in ('sent', 'delivered', 'read', 'failed') then
    perform romashka.record_event(new.workspace_id, 'message.' || shown, 'message', new.message_id, conversation,
      jsonb_strip_nulls(jsonb_build_object('channel_type', new.channel_type, 'external_message_id', new.external_message_id, 'error', new.error_details)));
  end if;
  return null;
end $$;
comment on function romashka.report_delivery() is 'Trigger: the message shows the state of its delivery, and each step is an event.';
create or replace trigger message_delivery_tracking_20_report after update of delivery_status on public.message_delivery_tracking
  for each row when (old.delivery_status is distinct from new.delivery_status and new.delivery_status <> 'sending') execute function romashka.report_delivery();

create or replace function public.claim_deliveries(batch_size integer default 20, worker text default null, lease interval default '2 minutes',
  workspace uuid default null, channel text default null) returns setof public.message_delivery_tracking
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces unless one is named.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  wanted constant integer := greatest(1, least(batch_size, 1000));
begin
  with lost as materialized (
    select x.id, x.workspace_id from public.message_delivery_tracking as x
     where x.delivery_status = 'sending' and x.next_attempt_at <= at and x.attempt_count > x.max_retries
       and (workspace is null or x.workspace_id = workspace) and (channel is null or x.channel_type = channel)
     limit wanted for update skip locked)
  update public.message_delivery_tracking as d
     set delivery_status = 'dead', is_uncertain = true, error_details = coalesce(d.error_details, '{"message": "the worker did not come back"}')
    from lost where d.id = lost.id and d.workspace_id = lost.workspace_id;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id from public.message_delivery_tracking as x
       where x.delivery_status in ('queued', 'sending') and x.next_attempt_at <= at
         and (workspace is null or x.workspace_id = workspace) and (channel is null or x.channel_type = channel)
         and not (x.delivery_status = 'sending' and x.attempt_count > x.max_retries)
         and not exists (select from public.message_delivery_tracking as earlier
               where earlier.workspace_id = x.workspace_id and earlier.ordering_key = x.ordering_key and earlier.delivery_status in ('queued', 'sending')
                 and (earlier.send_after, earlier.id) < (x.send_after, x.id))
       order by x.next_attempt_at limit wanted for update of x skip locked)
    update public.message_delivery_tracking as d
       set delivery_status = 'sending', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = d.attempt_count + 1,
           retry_count = d.attempt_count, is_uncertain = d.is_uncertain or d.delivery_status = 'sending'
      from chosen where d.id = chosen.id and d.workspace_id = chosen.workspace_id
    returning d.*;
end $$;
comment on function public.claim_deliveries(integer, text, interval, uuid, text) is
  'Takes up to batch_size messages that are due for sending, none while an earlier one of its conversation is open. is_uncertain: an earlier worker may have sent it already.';

create or replace function public.begin_delivery(delivery uuid, lease uuid, parts integer default 0, length interval default '2 minutes') returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update public.message_delivery_tracking as d set attempted_at = at, parts_sent = greatest(d.parts_sent, parts), next_attempt_at = at + length
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending';
  return found;
end $$;
comment on function public.begin_delivery(uuid, uuid, integer, interval) is
  'Says, before a message goes to its provider, that it does, so that a worker that is lost before leaves no doubt. parts: how many parts of it were taken already. False when the lease is lost: do not send.';

create or replace function public.postpone_delivery(delivery uuid, lease uuid, wait interval, error jsonb default null) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update public.message_delivery_tracking as d
     set delivery_status = 'queued', attempt_count = greatest(d.attempt_count - 1, 0), retry_count = greatest(d.attempt_count - 2, 0), next_attempt_at = at + wait,
         error_details = coalesce(error, d.error_details), attempted_at = null
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending';
  return found;
end $$;
comment on function public.postpone_delivery(uuid, uuid, interval, jsonb) is 'Gives a message back that was not tried, and not before the wait is over. It counts as no attempt. False when the lease is lost.';

create or replace function public.slow_channel(channel uuid, wait interval, workspace uuid) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  until constant timestamptz := pg_catalog.clock_timestamp() + wait;
  slowed integer;
begin
  update public.message_delivery_tracking as d set next_attempt_at = until
    from public.messages as m
   where m.id = d.message_id and m.workspace_id = d.workspace_id and coalesce(d.channel_id, m.channel_id) = channel and d.workspace_id = workspace
     and d.delivery_status = 'queued' and d.next_attempt_at < until;
  get diagnostics slowed = row_count;
  return slowed;
end $$;
comment on function public.slow_channel(uuid, interval, uuid) is 'Lets everything that waits for a channel wait at least this long, because its provider asked for it; returns how many messages.';

create or replace function public.complete_delivery(delivery uuid, lease uuid, external_id text default null) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  update public.message_delivery_tracking as d
     set delivery_status = 'sent', external_message_id = coalesce(external_id, d.external_message_id), error_details = null, is_uncertain = false, attempted_at = null
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending';
  return found;
end $$;
comment on function public.complete_delivery(uuid, uuid, text) is 'Says that a message was sent, and under which id the provider will speak of it. False when the lease is lost.';

create or replace function public.fail_delivery(delivery uuid, lease uuid, error jsonb, permanent boolean default false, uncertain boolean default false,
  retry_after interval default null) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  outcome text;
begin
  update public.message_delivery_tracking as d
     set delivery_status = case when permanent then 'failed' when d.attempt_count > d.max_retries then 'dead' else 'queued' end,
         next_attempt_at = at + greatest(retry_after, romashka.backoff(d.attempt_count, '5 seconds', '1 hour', luck)), error_details = error,
         is_uncertain = d.is_uncertain or uncertain, attempted_at = null
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending'
  returning d.delivery_status into outcome;
  return outcome;
end $$;
comment on function public.fail_delivery(uuid, uuid, jsonb, boolean, boolean, interval) is
  'Gives a message back after a failed attempt: queued again, dead after the last attempt, failed when permanent. uncertain: it may have been sent all the same. Null when the lease is lost.';

create or replace function public.record_delivery_status(channel text, external_id text, status text, at timestamptz default null, error jsonb default null,
  workspace uuid default public.current_workspace_id()) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  moment constant timestamptz := coalesce(at, pg_catalog.now());
begin
  if status is null or status not in ('sent', 'delivered', 'read', 'failed') then
    raise exception 'unknown status %', status using errcode = 'RM400', hint = 'sent, delivered, read or failed';
  end if;
  update public.message_delivery_tracking as d
     set delivery_status = status,
         sent_at = case when status = 'sent' then coalesce(d.sent_at, moment) else d.sent_at end,
         delivery_timestamp = case when status in ('delivered', 'read') then coalesce(d.delivery_timestamp, moment) else d.delivery_timestamp end,
         read_timestamp = case when status = 'read' then coalesce(d.read_timestamp, moment) else d.read_timestamp end,
         error_details = case when status = 'failed' then coalesce(error, d.error_details) else d.error_details end
   where d.workspace_id = workspace and d.channel_type = channel and d.external_message_id = external_id;
  return found;
end $$;
comment on function public.record_delivery_status(text, text, text, timestamptz, jsonb, uuid) is
  'Takes in what a provider says of a message. What comes late or twice changes nothing. False when no message has the id (yet).';

create or replace function public.record_delivery_report(delivery uuid, part integer, channel text, external_id text, status text, at timestamptz default null, error jsonb default null,
  workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  known public.message_delivery_tracking;
begin
  if public.record_delivery_status(channel, external_id, status, at, error, workspace) then return 'recorded'; end if;
  select * into known from public.message_delivery_tracking as d where d.id = delivery and d.workspace_id = workspace and d.channel_type = channel for update;
  if not found then return 'unknown'; end if;
  -- The answer to the request has not been written down yet, or another part is about to follow.
  if known.delivery_status in ('queued', 'sending') then return 'early'; end if;
  if known.is_uncertain and known.external_message_id is null and known.delivery_status in ('failed', 'dead') and status <> 'failed'
     and part + 1 = coalesce((known.error_details ->> 'parts')::integer, 1) then
    update public.message_delivery_tracking as d set external_message_id = external_id, is_uncertain = false, delivery_status = 'sent', error_details = null
     where d.id = delivery and d.workspace_id = workspace;
    perform public.record_delivery_status(channel, external_id, status, at, error, workspace);
    return 'recorded';
  end if;
  -- A text in several messages has come as far as its last one, and failed with any.
  if status = 'failed' and known.delivery_status = 'sent' then
    update public.message_delivery_tracking as d set delivery_status = 'failed', error_details = error where d.id = delivery and d.workspace_id = workspace;
    return 'recorded';
  end if;
  return 'known';
end $$;
comment on function public.record_delivery_report(uuid, integer, text, text, text, timestamptz, jsonb, uuid) is
  'As record_delivery_status, for a report that brings our own id of the delivery back: it also tells what became of a message whose answer was lost. recorded, known (nothing to change), early (come again), or unknown.';

create or replace function romashka.send_again(deliveries uuid[], workspace uuid) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: called by the two verbs below, which have checked who asks.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  queued integer;
begin
  -- Of a message in parts, those that were sent are not sent again, unless all were and the provider could not bring it. What failed for sure is heard of
  -- no more under its old id; what may have arrived keeps it, so that the news of it ends the second attempt.
  update public.message_delivery_tracking as d
     set delivery_status = 'queued', attempt_count = 0, retry_count = 0, next_attempt_at = at, is_uncertain = false, attempted_at = null, error_details = null,
         parts_sent = case when d.sent_at is null then d.parts_sent else 0 end, sent_at = null,
         external_message_id = case when d.is_uncertain then d.external_message_id end
   where d.id = any (deliveries) and d.workspace_id = send_again.workspace and d.delivery_status in ('failed', 'dead');
  get diagnostics queued = row_count;
  return queued;
end $$;
comment on function romashka.send_again(uuid[], uuid) is 'Puts deliveries that have failed back on the queue; returns how many.';

create or replace function public.replay_deliveries(deliveries uuid[] default null, since timestamptz default null, workspace uuid default public.current_workspace_id())
returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write deliveries himself.
begin
  perform romashka.require_role(workspace, 'admin');
  if deliveries is null and since is null then raise exception 'say which: by id or since when' using errcode = 'RM400'; end if;
  return romashka.send_again(array(
    select d.id from public.message_delivery_tracking as d
     where d.workspace_id = replay_deliveries.workspace and d.delivery_status in ('failed', 'dead')
       -- What went by another channel instead does not go a second time.
       and not exists (select from public.message_delivery_tracking as o where o.message_id = d.message_id and o.workspace_id = d.workspace_id and o.id <> d.id
                        and o.purpose = 'fallback' and o.delivery_status not in ('failed', 'dead', 'cancelled'))
       and (deliveries is null or d.id = any (deliveries)) and (since is null or d.created_at >= since)), workspace);
end $$;
comment on function public.replay_deliveries(uuid[], timestamptz, uuid) is 'Puts failed and dead messages back on the queue, by id or since a moment; returns how many.';

create or replace function public.retry_message(message uuid, even_if_uncertain boolean default false, workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write deliveries himself.
declare
  said public.messages;
  talk public.conversations;
  tried public.message_delivery_tracking;
  refusal text;
begin
  perform romashka.require_role(workspace, 'agent');
  select m.* into said from public.messages as m where m.id = message and m.workspace_id = workspace;
  if not found then raise exception 'no such message' using errcode = 'RM404'; end if;
  select c.* into talk from public.conversations as c where c.id = said.conversation_id and c.workspace_id = workspace;
  -- All of them first, and in one order: a report may be changing any.
  perform from public.message_delivery_tracking as d where d.message_id = message and d.workspace_id = workspace and d.purpose <> 'unread' order by d.id for update;
  -- The last attempt is the one that is repeated; none is while the message is on its way, or has come, by another channel.
  select d.* into tried from public.message_delivery_tracking as d
   where d.message_id = message and d.workspace_id = workspace and d.purpose <> 'unread' and d.delivery_status in ('failed', 'dead')
     and not exists (select from public.message_delivery_tracking as o where o.message_id = d.message_id and o.workspace_id = d.workspace_id and o.purpose <> 'unread'
                      and (o.delivery_status in ('queued', 'sending', 'sent', 'delivered', 'read') or (o.created_at, o.id) > (d.created_at, d.id)));
  if not found then
    raise exception 'the message has not failed' using errcode = 'RM409', hint = 'Only a message whose delivery has failed is sent again.';
  end if;
  if tried.is_uncertain and not even_if_uncertain then
    raise exception 'it may have arrived' using errcode = 'RM409', hint = 'Nobody knows whether the channel took it. Ask for it with even_if_uncertain where twice is better than never.';
  end if;
  refusal := (romashka.refusal_of(workspace, talk.customer_id, tried.channel_type, coalesce(tried.channel_id, said.channel_id),
    romashka.recipient_of(workspace, talk.customer_id, tried.channel_type, coalesce(tried.channel_id, said.channel_id), talk.customer_phone))).words;
  if refusal is not null then raise exception '%', refusal using errcode = 'RM422'; end if;
  perform romashka.send_again(array[tried.id], workspace);
  perform romashka.record_event(workspace, 'message.retried', 'message', message, said.conversation_id,
    jsonb_build_object('channel_type', tried.channel_type, 'even_if_uncertain', tried.is_uncertain));
  return tried.channel_type;
end $$;
comment on function public.retry_message(uuid, boolean, uuid) is
  'Sends a message again whose last delivery has failed, and returns the kind of channel. RM409 when it has not, or when it may have arrived and that is not asked for; RM422 when the customer does not want to be written to.';

-- Webhooks to subscribers -----------------------------------------------------------------------------------------------------

create or replace function public.enqueue_webhook_deliveries(workspace uuid default null, batch_size integer default 500) returns integer
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone. Who finds a workspace's cursor locked goes on.
declare
  horizon constant xid8 := romashka.in_ledger(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));
  here uuid;
  page record;
  made integer;
  total integer := 0;
begin
  for here in select distinct s.workspace_id from public.webhook_subscriptions as s
               where s.is_active and (enqueue_webhook_deliveries.workspace is null or s.workspace_id = enqueue_webhook_deliveries.workspace) loop
    insert into public.event_cursors (workspace_id, reader, transaction_id) values (here, 'webhooks', horizon) on conflict (workspace_id, reader) do nothing;
    select * into page from romashka.take_ledger_page(here, 'webhooks', batch_size);
    continue when page.to_transaction is null;
    -- Events about webhooks themselves are not put out: a failing subscriber would feed itself.
    insert into public.webhook_logs (workspace_id, webhook_subscription_id, event_id, event_type, ordering_key, payload)
    select here, s.id, e.id, e.kind, coalesce(e.conversation_id, e.subject_id)::text,
           jsonb_build_object('type', e.kind, 'timestamp', to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'sequence', e.id,
             'data', e.payload || jsonb_strip_nulls(jsonb_build_object(e.subject_type || '_id', e.subject_id, 'conversation_id', e.conversation_id,
               'actor', jsonb_build_object('kind', e.actor_kind, 'id', e.actor_id))))
      from public.events as e
      join public.webhook_subscriptions as s on s.workspace_id = here and s.is_active and e.recorded_at >= s.created_at
       and s.event_type in ('*', split_part(e.kind, '.', 1) || '.*', e.kind)
     where e.workspace_id = here and (e.transaction_id, e.id) > (page.after_transaction, page.after_event)
       and (e.transaction_id, e.id) <= (page.to_transaction, page.to_event) and e.kind not like 'webhook.%'
     order by e.transaction_id, e.id;
    get diagnostics made = row_count;
    total := total + made;
  end loop;
  return total;
end $$;
comment on function public.enqueue_webhook_deliveries(uuid, integer) is
  'Reads the ledger on from where it stopped and puts each event out for each active subscription to it, once; returns how many deliveries were made.';

-- The first cursor begins where the first subscription does, not with the history.
create or replace function romashka.begin_webhook_cursor() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: cursors belong to the service.
declare
  horizon constant xid8 := romashka.in_ledger(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));
begin
  insert into public.event_cursors (workspace_id, reader, transaction_id) values (new.workspace_id, 'webhooks', horizon) on conflict (workspace_id, reader) do nothing;
  return null;
end $$;
comment on function romashka.begin_webhook_cursor() is 'Trigger: the reader "webhooks" starts with the first subscription.';
create or replace trigger webhook_subscriptions_20_cursor after insert on public.webhook_subscriptions
  for each row execute function romashka.begin_webhook_cursor();

create or replace function romashka.prepare_webhook_log() returns trigger language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  -- A writer of earlier versions logs an answer: that is not an order to send.
  if tg_op = 'INSERT' and new.status = 'pending' and (new.response_status is not null or new.error_message is not null) then
    new.status := case when new.response_status between 200 and 299 then 'succeeded' else 'failed' end;
  end if;
  if new.status <> 'sending' then new.lease_id := null; new.locked_by := null; end if;
  new.completed_at := case when new.status in ('succeeded', 'failed', 'dead') then coalesce(new.completed_at, at) end;
  return new;
end $$;
comment on function romashka.prepare_webhook_log() is 'Trigger: the end of a delivery is dated; a logged answer is not sent again.';
create or replace trigger webhook_logs_10_insert before insert on public.webhook_logs for each row execute function romashka.prepare_webhook_log();
create or replace trigger webhook_logs_10_update before update on public.webhook_logs for each row execute function romashka.prepare_webhook_log();

create or replace function public.claim_webhook_deliveries(batch_size integer default 20, worker text default null, lease interval default '2 minutes',
  workspace uuid default null) returns setof public.webhook_logs
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces unless one is named.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  wanted constant integer := greatest(1, least(batch_size, 1000));
begin
  with lost as materialized (
    select x.id, x.workspace_id, x.created_at from public.webhook_logs as x
      join public.webhook_subscriptions as s on s.id = x.webhook_subscription_id and s.workspace_id = x.workspace_id
     where x.status = 'sending' and x.next_attempt_at <= at and x.attempt_count > s.retry_count and (workspace is null or x.workspace_id = workspace)
     limit wanted for update of x skip locked)
  update public.webhook_logs as l set status = 'dead', error_message = coalesce(l.error_message, 'the worker did not come back')
    from lost where l.id = lost.id and l.workspace_id = lost.workspace_id and l.created_at = lost.created_at;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id, x.created_at from public.webhook_logs as x
        join public.webhook_subscriptions as s on s.id = x.webhook_subscription_id and s.workspace_id = x.workspace_id and s.is_active
       where x.status in ('pending', 'sending') and x.next_attempt_at <= at and (workspace is null or x.workspace_id = workspace)
         and not (x.status = 'sending' and x.attempt_count > s.retry_count)
         and not exists (select from public.webhook_logs as earlier
               where earlier.workspace_id = x.workspace_id and earlier.webhook_subscription_id = x.webhook_subscription_id
                 and earlier.ordering_key = x.ordering_key and earlier.status in ('pending', 'sending')
                 and (earlier.created_at, earlier.id) < (x.created_at, x.id))
       order by x.next_attempt_at limit wanted for update of x skip locked)
    update public.webhook_logs as l
       set status = 'sending', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = l.attempt_count + 1
      from chosen where l.id = chosen.id and l.workspace_id = chosen.workspace_id and l.created_at = chosen.created_at
    returning l.*;
end $$;
comment on function public.claim_webhook_deliveries(integer, text, interval, uuid) is
  'Takes up to batch_size events to be put out, of active subscriptions, none while an earlier one of its conversation is open for the same subscriber.';

create or replace function public.complete_webhook_delivery(delivery uuid, lease uuid, http_status integer, duration_ms integer default null, answer text default null) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  done public.webhook_logs;
begin
  update public.webhook_logs as l
     set status = 'succeeded', response_status = http_status, response_body = left(answer, 4000), processing_time_ms = duration_ms, error_message = null,
         attempts = l.attempts || jsonb_build_object('at', at, 'status', http_status, 'ms', duration_ms)
   where l.id = delivery and l.lease_id = lease and l.status = 'sending' returning * into done;
  if done.id is null then return false; end if;
  update public.webhook_subscriptions as s set success_count = s.success_count + 1, last_triggered = at, failing_since = null,
         failures_in_a_row = 0, first_failed_at = null, last_failed_at = null, warned_at = null
   where s.id = done.webhook_subscription_id and s.workspace_id = done.workspace_id;
  return true;
end $$;
comment on function public.complete_webhook_delivery(uuid, uuid, integer, integer, text) is 'Says that a subscriber took an event. False when the lease is lost.';

create or replace function public.fail_webhook_delivery(delivery uuid, lease uuid, message text, http_status integer default null, duration_ms integer default null,
  answer text default null, permanent boolean default false, gone boolean default false, retry_after interval default null) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  done public.webhook_logs;
  subscriber public.webhook_subscriptions;
  is_over boolean;
begin
  update public.webhook_logs as l
     set status = case when permanent or gone then 'failed' when l.attempt_count > s.retry_count then 'dead' else 'pending' end,
         next_attempt_at = at + greatest(retry_after, romashka.backoff(l.attempt_count, '5 seconds', '10 hours', luck)),
         response_status = http_status, response_body = left(answer, 4000), processing_time_ms = duration_ms, error_message = left(message, 2000),
         attempts = l.attempts || jsonb_strip_nulls(jsonb_build_object('at', at, 'status', http_status, 'ms', duration_ms, 'error', left(message, 200)))
    from public.webhook_subscriptions as s
   where l.id = delivery and l.lease_id = lease and l.status = 'sending' and s.id = l.webhook_subscription_id and s.workspace_id = l.workspace_id
  returning l.* into done;
  if done.id is null then return null; end if;
  select * into subscriber from public.webhook_subscriptions as s where s.id = done.webhook_subscription_id and s.workspace_id = done.workspace_id for update;
  -- As romashka_channels::webhooks::health has it: three failures within a day start the clock, ten days without one forgive.
  if subscriber.last_failed_at < at - interval '10 days' then
    subscriber.failures_in_a_row := 0; subscriber.first_failed_at := null; subscriber.failing_since := null; subscriber.warned_at := null;
  end if;
  if subscriber.first_failed_at is null or (subscriber.failing_since is null and subscriber.first_failed_at < at - interval '1 day') then
    subscriber.failures_in_a_row := 0; subscriber.first_failed_at := at;
  end if;
  subscriber.failures_in_a_row := subscriber.failures_in_a_row + 1;
  if subscriber.failures_in_a_row >= 3 then subscriber.failing_since := coalesce(subscriber.failing_since, subscriber.first_failed_at); end if;
  is_over := gone or coalesce(subscriber.failing_since <= at - interval '5 days', false);
  if is_over and subscriber.disabled_at is null then
    subscriber.disabled_at := at;
    subscriber.disabled_reason := case when gone then 'the subscriber is gone (410)' else 'nothing but failures for five days' end;
    subscriber.notice_due := 'disabled';
    perform romashka.record_event(subscriber.workspace_id, 'webhook.disabled', 'webhook_subscription', subscriber.id, null, '{}'::jsonb, 'system');
  elsif subscriber.failing_since <= at - interval '1 day' and subscriber.warned_at is null and subscriber.disabled_at is null then
    subscriber.warned_at := at;
    subscriber.notice_due := 'failing';
    perform romashka.record_event(subscriber.workspace_id, 'webhook.failing', 'webhook_subscription', subscriber.id, null, '{}'::jsonb, 'system');
  end if;
  update public.webhook_subscriptions as s
     set failure_count = s.failure_count + 1, last_triggered = at, last_failed_at = at, failures_in_a_row = subscriber.failures_in_a_row,
         first_failed_at = subscriber.first_failed_at, failing_since = subscriber.failing_since, warned_at = subscriber.warned_at,
         notice_due = subscriber.notice_due, is_active = s.is_active and not is_over, disabled_at = subscriber.disabled_at, disabled_reason = subscriber.disabled_reason
   where s.id = subscriber.id and s.workspace_id = subscriber.workspace_id;
  return done.status;
end $$;
comment on function public.fail_webhook_delivery(uuid, uuid, text, integer, integer, text, boolean, boolean, interval) is
  'Gives an event back after a failed attempt: pending again, dead after retry_count more, failed when permanent. A subscriber that is gone, or has failed for five days, is switched off, a day of failures is told to the admins before. Null when the lease is lost.';

create or replace function romashka.resume_subscription() returns trigger language plpgsql set search_path = '' as $$
begin
  new.disabled_at := null;
  new.disabled_reason := null;
  new.failing_since := null;
  new.failures_in_a_row := 0;
  new.first_failed_at := null;
  new.last_failed_at := null;
  new.warned_at := null;
  return new;
end $$;
comment on function romashka.resume_subscription() is 'Trigger: a subscription that is switched on again starts without its failures.';
create or replace trigger webhook_subscriptions_10_resume before update of is_active on public.webhook_subscriptions
  for each row when (new.is_active and not old.is_active) execute function romashka.resume_subscription();

create or replace function public.replay_webhook_deliveries(deliveries uuid[] default null, since timestamptz default null, subscription uuid default null,
  workspace uuid default public.current_workspace_id(), until timestamptz default null, include_succeeded boolean default false) returns integer
language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write deliveries himself.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  replayed integer;
begin
  perform romashka.require_role(workspace, 'admin');
  if deliveries is null and since is null then raise exception 'say which: by id or since when' using errcode = 'RM400'; end if;
  if since > until then raise exception 'the range ends before it begins' using errcode = 'RM400'; end if;
  -- By id also what was taken already: the receiver recognises it by its id, which stays.
  update public.webhook_logs as l set status = 'pending', attempt_count = 0, next_attempt_at = at
   where l.workspace_id = workspace and l.status in ('failed', 'dead', case when deliveries is not null or include_succeeded then 'succeeded' else 'dead' end)
     and l.payload is not null and (deliveries is null or l.id = any (deliveries)) and (since is null or l.created_at >= since)
     and (until is null or l.created_at < until)
     and (subscription is null or l.webhook_subscription_id = subscription);
  get diagnostics replayed = row_count;
  return replayed;
end $$;
comment on function public.replay_webhook_deliveries(uuid[], timestamptz, uuid, uuid, timestamptz, boolean) is
  'Puts events out again, under the same id: those named, or all that failed in a range, or all of it; returns how many.';

-- Exchange with other systems ---------------------------------------------------------------------------------------------------

create or replace function romashka.prepare_sync_job() returns trigger language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if new.status <> 'running' then new.lease_id := null; new.locked_by := null; end if;
  if new.status = 'running' then new.started_at := coalesce(new.started_at, at); end if;
  new.completed_at := case when new.status in ('completed', 'failed', 'dead') then coalesce(new.completed_at, at) end;
  return new;
end $$;
comment on function romashka.prepare_sync_job() is 'Trigger: dates the start and the end of a job.';
create or replace trigger sync_jobs_10_insert before insert on public.sync_jobs for each row execute function romashka.prepare_sync_job();
create or replace trigger sync_jobs_10_update before update on public.sync_jobs for each row execute function romashka.prepare_sync_job();

create or replace function public.claim_sync_jobs(batch_size integer default 5, worker text default null, lease interval default '10 minutes',
  workspace uuid default null) returns setof public.sync_jobs
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces unless one is named.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  wanted constant integer := greatest(1, least(batch_size, 1000));
begin
  with lost as materialized (
    select x.id, x.workspace_id from public.sync_jobs as x
     where x.status = 'running' and x.next_attempt_at <= at and x.attempt_count >= x.max_attempts and (workspace is null or x.workspace_id = workspace)
     limit wanted for update skip locked)
  update public.sync_jobs as j set status = 'dead', error_details = coalesce(j.error_details, '{"message": "the worker did not come back"}')
    from lost where j.id = lost.id and j.workspace_id = lost.workspace_id;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id from public.sync_jobs as x
       where x.status in ('pending', 'running') and x.next_attempt_at <= at and (workspace is null or x.workspace_id = workspace)
         and not (x.status = 'running' and x.attempt_count >= x.max_attempts)
         and not exists (select from public.sync_jobs as earlier
               where earlier.integration_id = x.integration_id and earlier.workspace_id = x.workspace_id and earlier.status in ('pending', 'running')
                 and (earlier.created_at, earlier.id) < (x.created_at, x.id))
       order by x.next_attempt_at limit wanted for update of x skip locked)
    update public.sync_jobs as j
       set status = 'running', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = j.attempt_count + 1
      from chosen where j.id = chosen.id and j.workspace_id = chosen.workspace_id
    returning j.*;
end $$;
comment on function public.claim_sync_jobs(integer, text, interval, uuid) is 'Takes up to batch_size jobs that are due, one an integration at a time, in the order they were made.';

create or replace function public.complete_sync_job(job uuid, lease uuid, records integer default null) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  done public.sync_jobs;
begin
  update public.sync_jobs as j set status = 'completed', records_processed = coalesce(records, j.records_processed), error_details = null
   where j.id = job and j.lease_id = lease and j.status = 'running' returning * into done;
  if done.id is null then return false; end if;
  update public.integrations as i set last_sync_at = at, error_count = 0, last_error = null where i.id = done.integration_id and i.workspace_id = done.workspace_id;
  return true;
end $$;
comment on function public.complete_sync_job(uuid, uuid, integer) is 'Says that a job is done. False when the lease is lost.';

create or replace function public.fail_sync_job(job uuid, lease uuid, error jsonb, permanent boolean default false) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  done public.sync_jobs;
begin
  update public.sync_jobs as j
     set status = case when permanent then 'failed' when j.attempt_count >= j.max_attempts then 'dead' else 'pending' end,
         next_attempt_at = at + romashka.backoff(j.attempt_count, '30 seconds', '6 hours', luck), error_details = error
   where j.id = job and j.lease_id = lease and j.status = 'running' returning * into done;
  if done.id is null then return null; end if;
  update public.integrations as i set error_count = i.error_count + 1, last_error = left(coalesce(error ->> 'message', error::text), 2000)
   where i.id = done.integration_id and i.workspace_id = done.workspace_id;
  return done.status;
end $$;
comment on function public.fail_sync_job(uuid, uuid, jsonb, boolean) is 'Gives a job back after a failed attempt: pending again, dead after the last, failed when permanent. Null when the lease is lost.';

create or replace function public.replay_sync_jobs(jobs uuid[] default null, since timestamptz default null, workspace uuid default public.current_workspace_id())
returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may change jobs himself.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  replayed integer;
begin
  perform romashka.require_role(workspace, 'admin');
  if jobs is null and since is null then raise exception 'say which: by id or since when' using errcode = 'RM400'; end if;
  update public.sync_jobs as j set status = 'pending', attempt_count = 0, next_attempt_at = at
   where j.workspace_id = workspace and j.status in ('failed', 'dead') and (jobs is null or j.id = any (jobs)) and (since is null or j.created_at >= since);
  get diagnostics replayed = row_count;
  return replayed;
end $$;
comment on function public.replay_sync_jobs(uuid[], timestamptz, uuid) is 'Puts failed and dead jobs back on the queue, by id or since a moment; returns how many.';

revoke execute on all functions in schema romashka from public;
do $$
declare
  signature text;
begin
  foreach signature in array array['claim_deliveries(integer, text, interval, uuid, text)', 'begin_delivery(uuid, uuid, integer, interval)',
    'postpone_delivery(uuid, uuid, interval, jsonb)', 'slow_channel(uuid, interval, uuid)', 'record_delivery_report(uuid, integer, text, text, text, timestamptz, jsonb, uuid)', 'complete_delivery(uuid, uuid, text)',
    'fail_delivery(uuid, uuid, jsonb, boolean, boolean, interval)', 'record_delivery_status(text, text, text, timestamptz, jsonb, uuid)',
    'enqueue_webhook_deliveries(uuid, integer)', 'claim_webhook_deliveries(integer, text, interval, uuid)',
    'complete_webhook_delivery(uuid, uuid, integer, integer, text)', 'fail_webhook_delivery(uuid, uuid, text, integer, integer, text, boolean, boolean, interval)',
    'claim_sync_jobs(integer, text, interval, uuid)', 'complete_sync_job(uuid, uuid, integer)', 'fail_sync_job(uuid, uuid, jsonb, boolean)'] loop
    perform romashka.grant_function('public.' || signature, 'service_role');
  end loop;
  perform romashka.grant_members('public.retry_message(uuid, boolean, uuid)');
  foreach signature in array array['replay_deliveries(uuid[], timestamptz, uuid)', 'replay_webhook_deliveries(uuid[], timestamptz, uuid, uuid, timestamptz, boolean)',
    'replay_sync_jobs(uuid[], timestamptz, uuid)'] loop
    perform romashka.grant_function('public.' || signature, 'authenticated', 'service_role', 'romashka_admin');
  end loop;
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
  begin
    return nullif(btrim(split_part(coalesce(headers::jsonb ->> 'x-forwarded-for', headers::jsonb ->> 'x-real-ip'), ',', 1)), '')::inet;
  exception when others then
    return null; -- A header that is no address must not stop the change it came with.
  end;
end $$;
comment on function romashka.request_address() is 'The address the request came from, as its headers say; null where they say nothing.';

create or replace function romashka.request_agent() returns text language plpgsql stable set search_path = '' as $$
declare
  headers constant text := nullif(pg_catalog.current_setting('request.headers', true), '');
begin
  if headers is null then return null; end if;
  begin
    return left(headers::jsonb ->> 'user-agent', 500);
  exception when others then
    return null; -- as request_address
  end;
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
  left_out constant text[] := string_to_array(coalesce(tg_argv[2], ''), ',');
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
      from (select to_jsonb(n) - left_out as image from new_rows as n) as row_image;
  elsif tg_op = 'DELETE' then
    insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, api_key_id, action, entity_type, entity_id, changes, ip_address, user_agent)
    select coalesce((row_image.image ->> 'workspace_id')::uuid, case entity when 'workspaces' then (row_image.image ->> 'id')::uuid end, here),
           person, kind, actor, key_id, tg_op, entity, (row_image.image ->> 'id')::uuid, romashka.mask_secrets(row_image.image, secrets), address, program
      from (select to_jsonb(o) - left_out as image from old_rows as o) as row_image;
  elsif tg_op = 'UPDATE' then
    -- A row whose key was changed has no partner: it appears with its whole image, once as gone and once as come.
    insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, api_key_id, action, entity_type, entity_id, changes, ip_address, user_agent)
    select coalesce((d.image ->> 'workspace_id')::uuid, case entity when 'workspaces' then (d.image ->> 'id')::uuid end, here),
           person, kind, actor, key_id, tg_op, entity, (d.image ->> 'id')::uuid, d.difference, address, program
      from (select coalesce(a.image, b.image) as image,
                   case when b.image is null then jsonb_build_object('row', jsonb_build_object('from', null, 'to', romashka.mask_secrets(a.image, secrets)))
                        when a.image is null then jsonb_build_object('row', jsonb_build_object('from', romashka.mask_secrets(b.image, secrets), 'to', null))
                        else romashka.changed_columns(b.image, a.image, secrets) end as difference
              from (select to_jsonb(o) - left_out as image from old_rows as o) as b
              full join (select to_jsonb(n) - left_out as image from new_rows as n) as a
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

-- Conversations, messages and customers change with every word that is said: what people do to them is audited row by row.
create or replace function romashka.log_row_change() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the audit is written by triggers only.
declare
  kind constant text := romashka.actor_kind();
  actor constant uuid := romashka.actor_id();
  before_image constant jsonb := to_jsonb(old);
  after_image jsonb;
  changed jsonb;
begin
  if tg_op = 'UPDATE' then
    after_image := to_jsonb(new);
    -- As romashka.changed_columns, which joins two images that may have other columns; these have the same.
    select jsonb_object_agg(a.key, jsonb_build_object('from', before_image -> a.key, 'to', a.value)) into changed
      from jsonb_each(after_image) as a where a.value is distinct from before_image -> a.key and a.key <> 'updated_at';
    if changed is null then return null; end if;
  else
    changed := before_image;
  end if;
  insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, api_key_id, action, entity_type, entity_id, changes, ip_address, user_agent)
  values (old.workspace_id, (select p.id from public.profiles as p where p.id = romashka.current_user_id()), kind, actor, case when kind = 'api' then actor end,
    tg_op, tg_argv[0], old.id, changed, romashka.request_address(), romashka.request_agent());
  return null;
end $$;
comment on function romashka.log_row_change() is 'Trigger: records one row''s change in audit_logs.';
revoke execute on function romashka.log_row_change() from public;

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
-- Sealing --------------------------------------------------------------------------------------------------------------

create or replace function romashka.audit_digest(entry public.audit_logs) returns bytea language plpgsql stable set search_path = '' as $$
begin
  -- Neither user_id, which goes with the person's account, nor the chain's own columns.
  return pg_catalog.sha256(convert_to(jsonb_build_array(entry.id, entry.workspace_id, entry.actor_kind, entry.actor_id, entry.api_key_id, entry.action,
    entry.entity_type, entry.entity_id, entry.changes, entry.ip_address::text, entry.user_agent, extract(epoch from entry.created_at),
    entry.transaction_id::text, entry.sequence)::text, 'UTF8'));
end $$;
comment on function romashka.audit_digest(public.audit_logs) is 'SHA-256 of what a row of the audit says.';

create or replace function romashka.chain_hash(previous bytea, digest bytea, chain_position bigint) returns bytea language sql immutable parallel safe
return sha256(coalesce(previous, '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea) || digest || int8send(chain_position));
comment on function romashka.chain_hash(bytea, bytea, bigint) is 'The chain''s hash at a position, from the one before it and the row''s digest.';

create or replace function public.seal_audit_logs(batch integer default 10000) returns bigint language plpgsql security definer set search_path = '' as $$
-- Definer: the chain's columns are written here alone.
declare
  oldest_running constant xid8 := pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot());
  not_yet_given constant xid8 := pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot());
  entry public.audit_logs;
  positions jsonb := '{}'::jsonb;
  hashes jsonb := '{}'::jsonb;
  counts jsonb := '{}'::jsonb;
  digest bytea;
  head record;
  place text;
  next_position bigint;
  next_hash bytea;
  sealed bigint := 0;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('romashka seal_audit_logs', 0)) then
    return 0; -- somebody else is sealing
  end if;
  set local romashka.audit_work = 'seal';
  -- By the unsealed mark, not by the last id: a row that commits late is found. A number of a transaction that this server has not given
  -- yet came with a restored backup.
  for entry in
    select a.* from public.audit_logs as a
     where a.chain_position is null and (a.transaction_id < oldest_running or a.transaction_id >= not_yet_given)
     order by a.transaction_id, a.sequence limit batch
  loop
    place := entry.workspace_id::text;
    if not positions ? place then
      select s.chain_position, s.chain_hash into head from public.audit_seals as s
       where s.workspace_id = entry.workspace_id order by s.chain_position desc limit 1;
      positions := positions || jsonb_build_object(place, coalesce(head.chain_position, 0));
      hashes := hashes || jsonb_build_object(place, encode(head.chain_hash, 'hex'));
    end if;
    digest := coalesce(entry.content_digest, romashka.audit_digest(entry));
    next_position := (positions ->> place)::bigint + 1;
    next_hash := romashka.chain_hash(decode(hashes ->> place, 'hex'), digest, next_position);
    update public.audit_logs as a set content_digest = digest, chain_position = next_position, chain_hash = next_hash
     where a.id = entry.id and a.workspace_id = entry.workspace_id and a.created_at = entry.created_at;
    positions := positions || jsonb_build_object(place, next_position);
    hashes := hashes || jsonb_build_object(place, encode(next_hash, 'hex'));
    counts := counts || jsonb_build_object(place, coalesce((counts ->> place)::bigint, 0) + 1);
    sealed := sealed + 1;
  end loop;
  insert into public.audit_seals (workspace_id, kind, chain_position, chain_hash, row_count)
  select c.key::uuid, 'head', (positions ->> c.key)::bigint, decode(hashes ->> c.key, 'hex'), c.value::bigint from jsonb_each_text(counts) as c;
  set local romashka.audit_work = '';
  return sealed;
end $$;
comment on function public.seal_audit_logs(integer) is
  'Chains recorded rows by SHA-256, one chain per workspace, those whose transaction is older than every running one; returns how many. The new heads are in audit_seals: keep them elsewhere.';

create or replace function public.verify_audit_chain(workspace uuid default public.current_workspace_id(), known_position bigint default null, known_hash bytea default null)
returns table (problem text, chain_position bigint, audit_id uuid, detail text) language plpgsql stable security definer set search_path = '' as $$
-- Definer: reads the whole chain of a workspace; who asks is checked first.
#variable_conflict use_column
declare
  entry public.audit_logs;
  seals record;
  seen_position bigint := 0;
  seen_hash bytea;
begin
  perform romashka.require_role(workspace, 'admin');
  select s.chain_position, s.chain_hash into seals from public.audit_seals as s
   where s.workspace_id = workspace and s.kind = 'pruned' order by s.chain_position desc limit 1;
  if found then
    seen_position := seals.chain_position;
    seen_hash := seals.chain_hash;
  end if;
  for entry in
    select a.* from public.audit_logs as a where a.workspace_id = workspace and a.chain_position is not null
     order by a.chain_position, a.transaction_id, a.sequence
  loop
    if entry.chain_position <= seen_position then
      return query select 'inserted', entry.chain_position, entry.id, 'a second row at this place';
      continue;
    end if;
    if entry.chain_position > seen_position + 1 then
      return query select 'removed', seen_position + 1, null::uuid, format('%s rows are gone', entry.chain_position - seen_position - 1);
    elsif entry.chain_hash <> romashka.chain_hash(seen_hash, entry.content_digest, entry.chain_position) then
      return query select 'edited', entry.chain_position, entry.id, 'the hash does not follow from the one before it';
    end if;
    if entry.redacted_at is null then
      if entry.content_digest <> romashka.audit_digest(entry) then
        return query select 'edited', entry.chain_position, entry.id, 'the row does not say what was sealed';
      end if;
    elsif not exists (select from public.audit_logs as r where r.workspace_id = workspace and r.entity_id = entry.id and r.action = 'REDACT') then
      return query select 'edited', entry.chain_position, entry.id, 'taken out without a record of it';
    end if;
    for seals in
      select s.chain_hash from public.audit_seals as s where s.workspace_id = workspace and s.chain_position = entry.chain_position and s.chain_hash <> entry.chain_hash
      union
      select known_hash where entry.chain_position = known_position and known_hash <> entry.chain_hash
    loop
      return query select 'edited', entry.chain_position, entry.id, 'the hash is not the one that was the head here';
    end loop;
    seen_position := entry.chain_position;
    seen_hash := entry.chain_hash;
  end loop;
  select max(s.chain_position) as last_position into seals from public.audit_seals as s where s.workspace_id = workspace;
  if greatest(seals.last_position, known_position) > seen_position then
    return query select 'removed', seen_position + 1, null::uuid,
      format('%s rows are gone from the end', greatest(seals.last_position, known_position) - seen_position);
  elsif seen_position > coalesce(seals.last_position, 0) then
    return query select 'inserted', a.chain_position, a.id, 'after the last head' from public.audit_logs as a
      where a.workspace_id = verify_audit_chain.workspace and a.chain_position > coalesce(seals.last_position, 0) order by a.chain_position;
  end if;
end $$;
comment on function public.verify_audit_chain(uuid, bigint, bytea) is
  'What is wrong with the audit of a workspace: rows edited, removed or inserted since they were sealed; nothing when it is whole. A head kept elsewhere can be given.';

create or replace function romashka.redact_audit(workspace uuid, subjects uuid[]) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: called by erase_customer, which has checked who asks.
declare
  names text[] := subjects::text[];
  at constant timestamptz := pg_catalog.now();
  kind constant text := romashka.actor_kind();
  actor constant uuid := romashka.actor_id();
  concerned uuid[] := subjects;
  found_more uuid[];
  redacted uuid[];
begin
  -- What belonged to them: rows of other tables that name one of them, and what belonged to those (a removed conversation's messages).
  loop
    found_more := array(
      select distinct a.entity_id from public.audit_logs as a
       where a.workspace_id = workspace and a.entity_id is not null and a.entity_id <> all (concerned)
         and (a.changes ->> 'customer_id' = any (names) or a.changes ->> 'conversation_id' = any (names) or a.changes ->> 'message_id' = any (names)));
    exit when cardinality(found_more) = 0;
    concerned := concerned || found_more;
    names := found_more::text[];
  end loop;
  set local romashka.audit_work = 'redact';
  with changed as (
    update public.audit_logs as a set
      changes = (select jsonb_object_agg(c.key, '"erased"'::jsonb) from jsonb_object_keys(a.changes) as c (key)),
      ip_address = null, user_agent = null, redacted_at = at, content_digest = coalesce(a.content_digest, romashka.audit_digest(a))
    where a.workspace_id = workspace and a.entity_id = any (concerned) and a.redacted_at is null and a.changes is not null and a.action <> 'REDACT'
    returning a.id)
  select array_agg(c.id) into redacted from changed as c;
  set local romashka.audit_work = 'record';
  insert into public.audit_logs (workspace_id, user_id, actor_kind, actor_id, action, entity_type, entity_id)
  select workspace, (select p.id from public.profiles as p where p.id = romashka.current_user_id()), kind, actor, 'REDACT', 'audit_logs', r.id
    from unnest(redacted) as r (id);
  set local romashka.audit_work = '';
  return coalesce(cardinality(redacted), 0);
end $$;
comment on function romashka.redact_audit(uuid, uuid[]) is
  'Takes what is said about somebody out of the audit and records that it was; the digest stays, so that the chain still proves the rest. Returns how many rows.';
revoke execute on all functions in schema romashka from public;

do $$ begin
  perform romashka.ensure_partitions('audit_logs', current_date, current_date + 62);
  perform romashka.touch_table('system_settings');
  perform romashka.audit_table('system_settings');
  revoke all on function public.log_data_changes() from public, anon, authenticated, service_role;
  perform romashka.grant_function('romashka.setting(uuid, text)', 'service_role');
  perform romashka.grant_function('public.seal_audit_logs(integer)', 'service_role');
  perform romashka.grant_function('public.verify_audit_chain(uuid, bigint, bytea)', 'authenticated', 'service_role', 'romashka_admin');
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

-- ============ 40-conversations/routing ============
-- Purpose: routing: the rule a conversation is under when it begins, and what follows from it.
-- Invariants: one rule at most, the first in the order of priority whose every condition holds; a condition that nobody knows never holds; what a writer said
-- himself (team, agent, service level, another priority than the usual) stands; a test runs the same functions as a conversation and changes nothing.
-- Lock risk: the agent a rule names beside a team, as pick_agent locks.

create or replace function romashka.values_of(wanted jsonb) returns text[] language sql immutable parallel safe
return case jsonb_typeof(wanted) when 'array' then array(select lower(e) from jsonb_array_elements_text(wanted) as e) else array[lower(wanted #>> '{}')] end;
comment on function romashka.values_of(jsonb) is 'A value or a list of values, as texts in lower case.';

create or replace function romashka.check_conditions(conditions jsonb) returns void language plpgsql immutable set search_path = '' as $$
declare
  field text;
  wanted jsonb;
  kind text;
  fault text;
begin
  for field, wanted in select c.key, c.value from jsonb_each(conditions) as c loop
    kind := jsonb_typeof(wanted);
    fault := case
      when field in ('channel_type', 'channel_id', 'language', 'keywords', 'customer_tags', 'customer_status', 'email_domain') then
        case when kind = 'string' and length(wanted #>> '{}') between 1 and 250 then null
             when kind = 'array' and jsonb_array_length(wanted) between 1 and 200 and romashka.is_text_list(wanted, '^.{1,250}$') then null
             else 'is a text of 1 to 250 characters, or a list of 1 to 200 of them' end
      when field = 'business_hours' then case when kind = 'string' and wanted #>> '{}' in ('open', 'closed') then null else 'is open or closed' end
      when field = 'is_new_customer' then case when kind = 'boolean' then null else 'is true or false' end
      when field in ('customer_attributes', 'attributes') then case when kind = 'object' then null else 'is an object of values by key' end
      else 'is no field that rules know' end;
    if fault is not null then
      raise exception 'the condition % %', quote_ident(left(field, 100)), fault using errcode = 'RM422',
        hint = 'Fields: channel_type, channel_id, language, business_hours, keywords, customer_tags, customer_status, customer_attributes, is_new_customer, email_domain, attributes.';
    end if;
  end loop;
end $$;
comment on function romashka.check_conditions(jsonb) is 'Refuses (RM422) conditions that rules do not know, so that a slip of the pen is seen when it is made.';

create or replace function romashka.guard_routing_rule() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: looks at memberships.
begin
  -- A list in place of the object is the CHECK's to refuse.
  if jsonb_typeof(new.conditions) = 'object' and (tg_op = 'INSERT' or new.conditions is distinct from old.conditions) then
    perform romashka.check_conditions(new.conditions);
  end if;
  if new.agent_id is not null and (tg_op = 'INSERT' or new.agent_id is distinct from old.agent_id) then
    perform romashka.ensure_member(new.workspace_id, new.agent_id);
  end if;
  return new;
end $$;
comment on function romashka.guard_routing_rule() is 'Trigger: a rule''s conditions are known, and its agent is a member.';
create or replace trigger channel_routing_rules_20_guard before insert or update of conditions, agent_id on public.channel_routing_rules
  for each row execute function romashka.guard_routing_rule();

create or replace function romashka.condition_holds(field text, wanted jsonb, facts jsonb) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
declare
  known constant text := lower(facts ->> field);
begin
  return case field
    when 'channel_type' then known = any (romashka.values_of(wanted))
    when 'channel_id' then known = any (romashka.values_of(wanted))
    when 'customer_status' then known = any (romashka.values_of(wanted))
    when 'business_hours' then known = any (romashka.values_of(wanted))
    when 'language' then exists (select from unnest(romashka.values_of(wanted)) as l where known = l or starts_with(known, l || '-'))
    when 'email_domain' then exists (select from unnest(romashka.values_of(wanted)) as d where known = d or right(known, length(d) + 1) = '.' || d)
    when 'is_new_customer' then facts -> field = wanted
    when 'customer_tags' then romashka.values_of(facts -> field) && romashka.values_of(wanted)
    when 'customer_attributes' then facts -> field @> wanted
    when 'attributes' then facts -> field @> wanted
    -- As words, not as parts of words.
    when 'keywords' then case when facts ->> 'text' is not null then exists (select from unnest(romashka.values_of(wanted)) as k
      where lower(facts ->> 'text') ~ ('(^|[^[:alnum:]_])' || regexp_replace(k, '([][\\.^$*+?(){}|/-])', '\\\1', 'g') || '($|[^[:alnum:]_])')) end
    end;
end $$;
comment on function romashka.condition_holds(text, jsonb, jsonb) is 'Whether one condition of a rule holds; null where the fact is not known (yet) or the field is none.';

create or replace function romashka.rule_applies(conditions jsonb, facts jsonb) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return not exists (select from jsonb_each(conditions) as c where romashka.condition_holds(c.key, c.value, facts) is not true);
end $$;
comment on function romashka.rule_applies(jsonb, jsonb) is 'Whether every condition of a rule holds. A rule without conditions always applies.';

create or replace function romashka.matching_rule(workspace uuid, facts jsonb) returns public.channel_routing_rules language plpgsql stable set search_path = '' as $$
declare
  chosen public.channel_routing_rules;
begin
  select r.* into chosen from public.channel_routing_rules as r
   where r.workspace_id = workspace and r.is_active and romashka.rule_applies(r.conditions, facts)
   order by r.priority desc, r.id desc limit 1;
  return chosen;
end $$;
comment on function romashka.matching_rule(uuid, jsonb) is 'The first rule that applies, nulls where none does.';

create or replace function romashka.routing_facts(talk public.conversations, words text, at timestamptz) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  customer record;
begin
  select p.tags, p.status, p.custom_fields, p.email, p.total_conversations into customer from public.customer_profiles as p
   where p.id = talk.customer_id and p.workspace_id = talk.workspace_id;
  return jsonb_build_object(
    'channel_type', talk.channel_type, 'channel_id', talk.channel_id, 'language', talk.language,
    'business_hours', case when romashka.is_open(talk.workspace_id, at) then 'open' else 'closed' end,
    'text', case when words is not null then concat_ws(E'\n', talk.subject, words) end,
    'customer_tags', to_jsonb(coalesce(customer.tags, '{}')), 'customer_status', customer.status,
    'customer_attributes', coalesce(customer.custom_fields, '{}'), 'attributes', coalesce(talk.custom_attributes, '{}'),
    'is_new_customer', coalesce(customer.total_conversations, 0) = 0,
    'email_domain', lower(split_part(coalesce(customer.email, talk.user_email), '@', 2)));
end $$;
comment on function romashka.routing_facts(public.conversations, text, timestamptz) is 'What rules may ask of a conversation, its customer, the hour and the first words.';

create or replace function romashka.agent_of_rule(rule public.channel_routing_rules, leaving uuid default null) returns uuid language plpgsql set search_path = '' as $$
begin
  if rule.agent_id is null or not exists (select from public.workspace_members as m
       where m.user_id = rule.agent_id and m.workspace_id = rule.workspace_id and m.status = 'active') then return null; end if;
  if rule.team_id is null then return rule.agent_id; end if;
  return romashka.pick_agent(rule.workspace_id, rule.team_id, null, leaving, named => rule.agent_id);
end $$;
comment on function romashka.agent_of_rule(public.channel_routing_rules, uuid) is
  'The agent a rule names: always where it names no team; beside a team, while he is free, for otherwise the team has it. Null for one who left.';

create or replace function romashka.follow_rule(talk public.conversations, rule public.channel_routing_rules) returns public.conversations
language plpgsql set search_path = '' as $$
begin
  talk.routing_rule_id := rule.id;
  talk.reply_channel_type := coalesce(talk.reply_channel_type, rule.target_channel_type);
  talk.fallback_channel_type := coalesce(talk.fallback_channel_type, rule.fallback_channel_type);
  talk.team_id := coalesce(talk.team_id, rule.team_id);
  if talk.priority = 'normal' then talk.priority := coalesce(rule.set_priority, talk.priority); end if;
  talk.tags := talk.tags || array(select t from unnest(rule.add_tags) with ordinality as t (t, n) where t <> all (talk.tags) group by t order by min(n));
  talk.sla_policy_id := coalesce(talk.sla_policy_id, rule.sla_policy_id);
  return talk;
end $$;
comment on function romashka.follow_rule(public.conversations, public.channel_routing_rules) is 'A conversation as a rule makes it, but for its agent. What the conversation has already stands.';

create or replace function romashka.leave_rule(talk public.conversations) returns public.conversations language plpgsql stable set search_path = '' as $$
declare
  rule public.channel_routing_rules;
begin
  select * into rule from public.channel_routing_rules as r where r.id = talk.routing_rule_id and r.workspace_id = talk.workspace_id;
  if not found then return talk; end if;
  if talk.reply_channel_type = rule.target_channel_type then talk.reply_channel_type := null; end if;
  if talk.fallback_channel_type = rule.fallback_channel_type then talk.fallback_channel_type := null; end if;
  if talk.team_id = rule.team_id then talk.team_id := null; end if;
  if talk.priority = rule.set_priority then talk.priority := 'normal'; end if;
  if talk.sla_policy_id = rule.sla_policy_id then talk.sla_policy_id := null; end if;
  talk.tags := array(select t.tag from unnest(talk.tags) with ordinality as t (tag, place) where t.tag <> all (rule.add_tags) order by t.place);
  return talk;
end $$;
comment on function romashka.leave_rule(public.conversations) is 'A conversation without what the rule gave it that it is under, so that another rule''s word counts.';

create or replace function romashka.route_conversation(talk public.conversations) returns public.conversations language plpgsql set search_path = '' as $$
declare
  rule constant public.channel_routing_rules := romashka.matching_rule(talk.workspace_id,
    romashka.routing_facts(talk, talk.last_message, pg_catalog.now()));
  routed public.conversations := talk;
begin
  if rule.id is null then return talk; end if;
  routed := romashka.follow_rule(talk, rule);
  -- Whoever names an agent, or another team than the rule, has chosen.
  if routed.assigned_agent_id is null and (rule.team_id is null or routed.team_id = rule.team_id) and (talk.team_id is null or rule.team_id is not null) then
    routed.assigned_agent_id := romashka.agent_of_rule(rule);
  end if;
  return routed;
end $$;
comment on function romashka.route_conversation(public.conversations) is 'A new conversation as the first rule that applies makes it; its first words are where the preview is. Called where the workspace has rules.';

create or replace function romashka.route_by_first_message(workspace uuid, conversation uuid, words text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called by the trigger of messages.
declare
  talk public.conversations;
  routed public.conversations;
  rule public.channel_routing_rules;
begin
  select * into talk from public.conversations as c where c.id = conversation and c.workspace_id = workspace;
  rule := romashka.matching_rule(workspace, romashka.routing_facts(talk, left(words, 10000), pg_catalog.now()) || jsonb_build_object('is_new_customer',
    coalesce((select p.total_conversations = 1 from public.customer_profiles as p where p.id = talk.customer_id and p.workspace_id = workspace), true)));
  if rule.id is null or rule.id is not distinct from talk.routing_rule_id or not rule.conditions ? 'keywords' then return; end if;
  routed := romashka.follow_rule(romashka.leave_rule(talk), rule);
  if rule.agent_id is not null and (talk.team_id is null or talk.team_id = rule.team_id) then
    routed.assigned_agent_id := coalesce(romashka.agent_of_rule(rule, talk.assigned_agent_id), routed.assigned_agent_id);
  end if;
  if routed.assigned_agent_id is not distinct from talk.assigned_agent_id and routed.team_id is distinct from talk.team_id and not exists (
       select from public.team_members as t where t.team_id = routed.team_id and t.workspace_id = workspace and t.user_id = talk.assigned_agent_id) then
    routed.assigned_agent_id := romashka.pick_agent(workspace, routed.team_id, talk.department, talk.assigned_agent_id);
  end if;
  update public.conversations as c set routing_rule_id = routed.routing_rule_id, reply_channel_type = routed.reply_channel_type, fallback_channel_type = routed.fallback_channel_type,
    team_id = routed.team_id, priority = routed.priority, tags = routed.tags, sla_policy_id = routed.sla_policy_id, assigned_agent_id = routed.assigned_agent_id, updated_at = pg_catalog.now()
   where c.id = conversation and c.workspace_id = workspace;
end $$;
comment on function romashka.route_by_first_message(uuid, uuid, text) is
  'Routes a conversation that was made without its first message, now that a rule can ask for words in it. Called where a rule does.';

create or replace function romashka.routing_payload(talk public.conversations) returns jsonb language plpgsql stable set search_path = '' as $$
begin
  return jsonb_strip_nulls(jsonb_build_object('rule_id', talk.routing_rule_id,
    'rule', (select r.name from public.channel_routing_rules as r where r.id = talk.routing_rule_id and r.workspace_id = talk.workspace_id),
    'team_id', talk.team_id, 'assigned_agent_id', talk.assigned_agent_id, 'priority', talk.priority, 'tags', talk.tags, 'sla_policy_id', talk.sla_policy_id,
    'reply_channel_type', talk.reply_channel_type, 'fallback_channel_type', talk.fallback_channel_type));
end $$;
comment on function romashka.routing_payload(public.conversations) is 'What the ledger keeps of a routing: the rule, its name then, and how the conversation stood after it.';

create or replace function public.test_routing(message jsonb, workspace uuid default public.current_workspace_id()) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the facts are read as the trigger reads them; the workspace is checked first.
declare
  talk public.conversations;
  facts jsonb;
  chosen public.channel_routing_rules;
begin
  perform romashka.require_role(workspace, 'viewer');
  talk.workspace_id := workspace;
  talk.channel_type := coalesce(message ->> 'channel_type', 'website');
  talk.channel_id := (message ->> 'channel_id')::uuid;
  talk.customer_id := (message ->> 'customer_id')::uuid;
  if talk.customer_id is not null and not exists (select from public.customer_profiles as p where p.id = talk.customer_id and p.workspace_id = workspace) then
    raise exception 'no such customer' using errcode = 'RM404';
  end if;
  talk.language := coalesce(message ->> 'language', 'en');
  talk.subject := message ->> 'subject';
  talk.user_email := message ->> 'customer_email';
  talk.custom_attributes := coalesce(message -> 'attributes', '{}');
  facts := romashka.routing_facts(talk, message ->> 'content', coalesce((message ->> 'at')::timestamptz, pg_catalog.now()));
  chosen := romashka.matching_rule(workspace, facts);
  return jsonb_build_object('rule_id', chosen.id, 'facts', facts - 'text', 'rules', coalesce((
    select jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name, 'priority', r.priority, 'is_active', r.is_active, 'applies', romashka.rule_applies(r.conditions, facts),
        'is_chosen', r.id is not distinct from chosen.id,
        'conditions', coalesce((select jsonb_agg(jsonb_build_object('field', c.key, 'wanted', c.value, 'found', case when c.key <> 'keywords' then facts -> c.key end,
            'holds', coalesce(romashka.condition_holds(c.key, c.value, facts), false)) order by c.key) from jsonb_each(r.conditions) as c), '[]'))
      order by r.priority desc, r.id desc)
      from public.channel_routing_rules as r where r.workspace_id = workspace), '[]'));
end $$;
comment on function public.test_routing(jsonb, uuid) is
  'Which rule a made-up message would come under, and of every rule which of its conditions hold. Changes nothing. Of the message: channel_type, channel_id, customer_id, customer_email, language, subject, content, attributes, at.';

do $$ begin
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_members('public.test_routing(jsonb, uuid)');
end $$;

-- ============ 80-integrations/routing ============
-- Purpose: by which channels a customer can be reached, and the deliveries by another channel than a message's own: a fallback, a mail of unread answers.
-- Invariants: a message goes by each kind of channel once at most (the key of message_delivery_tracking), by another only when it certainly did not arrive by the
-- first; who does not want to be written to is not; what was read in the chat is not mailed.
-- Who calls: send_message, the trigger of deliveries, the server's workers.
-- Lock risk: the row of the delivery concerned.

create or replace function romashka.guard_channel_settings() returns trigger language plpgsql set search_path = '' as $$
declare
  settings constant jsonb := new.configuration;
  fault text;
begin
  if jsonb_typeof(settings) <> 'object' then return new; end if; -- the CHECK's to refuse
  fault := case
    when settings ->> 'fallback_channel_type' not in ('whatsapp', 'email', 'sms', 'api') then 'fallback_channel_type is whatsapp, email, sms or api'
    when settings ->> 'unread_mail_minutes' !~ '^([0-9]{1,4}|10000)$' then 'unread_mail_minutes is a number of minutes from 0 (off) to 10000'
    when settings ->> 'unread_mail_page' !~ '^https?://[^\s]+$' then 'unread_mail_page is a web address' end;
  if fault is not null then
    raise exception 'configuration: %', fault using errcode = 'RM422';
  end if;
  return new;
end $$;
comment on function romashka.guard_channel_settings() is 'Trigger: what a channel says of falling back and of unread answers is of the right form.';
create or replace trigger communication_channels_20_guard before insert or update of configuration on public.communication_channels
  for each row execute function romashka.guard_channel_settings();

-- Asked where it is written, not in a CHECK, which every count of a conversation would pay for.
create or replace function romashka.guard_do_not_contact() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.do_not_contact_reason is not null and (new.do_not_contact_since is null or length(new.do_not_contact_reason) not between 1 and 500) then
    raise exception 'a reason of 1 to 500 characters goes with a customer who is not to be contacted' using errcode = 'RM422';
  end if;
  return new;
end $$;
comment on function romashka.guard_do_not_contact() is 'Trigger: why a customer is not contacted stands only where he is not.';
create or replace trigger customer_profiles_20_do_not_contact before update of do_not_contact_since, do_not_contact_reason on public.customer_profiles
  for each row execute function romashka.guard_do_not_contact();

create or replace function romashka.note_opt_in() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    -- That messages are wanted is what is taken for granted; that they are not, somebody has said.
    if not new.opt_in then new.opt_in_at := coalesce(new.opt_in_at, pg_catalog.now()); end if;
    if new.opt_in_at is not null then new.opt_in_source := coalesce(new.opt_in_source, romashka.actor_kind()); end if;
  elsif new.opt_in is distinct from old.opt_in then
    new.opt_in_at := case when new.opt_in_at is distinct from old.opt_in_at then new.opt_in_at else pg_catalog.now() end;
    new.opt_in_source := case when new.opt_in_source is distinct from old.opt_in_source then new.opt_in_source else romashka.actor_kind() end;
  end if;
  return new;
end $$;
comment on function romashka.note_opt_in() is 'Trigger: when a customer said whether he may be written to, and where that comes from.';
create or replace trigger customer_channel_preferences_10_opt_in before insert or update of opt_in on public.customer_channel_preferences
  for each row execute function romashka.note_opt_in();

-- After the row is there: an insert that finds the row there already changes no other.
create or replace function romashka.prefer_one_channel() returns trigger language plpgsql set search_path = '' as $$
begin
  update public.customer_channel_preferences as p set is_preferred = false
   where p.customer_id = new.customer_id and p.workspace_id = new.workspace_id and p.is_preferred and p.channel_type <> new.channel_type;
  return null;
end $$;
comment on function romashka.prefer_one_channel() is 'Trigger: a customer likes one channel best, the one that was named last.';
create or replace trigger customer_channel_preferences_20_prefer after insert on public.customer_channel_preferences
  for each row when (new.is_preferred) execute function romashka.prefer_one_channel();
create or replace trigger customer_channel_preferences_20_prefer_on_update after update of is_preferred on public.customer_channel_preferences
  for each row when (new.is_preferred and not old.is_preferred) execute function romashka.prefer_one_channel();

create or replace function romashka.sms_sender(settings jsonb) returns text language sql immutable parallel safe
return coalesce(nullif(btrim(settings ->> 'messaging_service_sid'), ''),
  substring(regexp_replace(settings ->> 'number', '[-\s().\/]', '', 'g') from '^\+[1-9][0-9]{1,14}$'), nullif(btrim(settings ->> 'sender'), ''));
comment on function romashka.sms_sender(jsonb) is 'As whom a channel of text messages writes: its messaging service, number or name. An opt-out is from that.';

create or replace function romashka.refusal_of(workspace uuid, customer uuid, channel_type text, channel uuid, recipient text, out code text, out words text)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_variable
-- Definer: asked for by verbs and workers that have checked the workspace.
declare
  stopped public.sms_opt_outs;
begin
  code := (select case when p.do_not_contact_since is not null then 'do_not_contact'
                       when (select not o.opt_in from public.customer_channel_preferences as o
                              where o.customer_id = p.id and o.workspace_id = p.workspace_id and o.channel_type = refusal_of.channel_type) then 'opted_out' end
             from public.customer_profiles as p where p.id = customer and p.workspace_id = refusal_of.workspace);
  words := case code when 'do_not_contact' then 'The customer does not want to be contacted.'
                     when 'opted_out' then 'The customer does not want messages on this channel.' end;
  if code is not null or channel_type <> 'sms' or recipient is null then return; end if;
  -- STOP is about two numbers, whoever the customer is.
  select o.* into stopped
    from (select x.configuration from public.communication_channels as x
           where x.workspace_id = refusal_of.workspace and x.type = 'sms' and (x.id = channel or channel is null and x.status = 'active')
           order by x.created_at, x.id limit 1) as ours
    join public.sms_opt_outs as o on o.our_number = romashka.sms_sender(ours.configuration)
   where o.workspace_id = refusal_of.workspace and o.customer_number = regexp_replace(recipient, '[-\s().\/]', '', 'g') and o.is_opted_out;
  if not found then return; end if;
  code := 'opted_out';
  words := format('%s (since %s, from %s). Nothing is sent to him until he writes START there.',
    case stopped.source when 'refusal' then 'Twilio refuses messages to this customer as he has opted out' else 'The customer has asked for no more text messages by STOP' end,
    to_char(stopped.changed_at at time zone 'UTC', 'YYYY-MM-DD'),
    case when starts_with(stopped.our_number, 'MG') then 'the numbers of this messaging service' else stopped.our_number end);
end $$;
comment on function romashka.refusal_of(uuid, uuid, text, uuid, text) is
  'Why a customer is not written to on a channel, and the words for an agent: do_not_contact, opted_out (what he wants of the kind of channel, or STOP to the number he would be written to from); nulls where he may be.';

create or replace function romashka.recipient_of(workspace uuid, customer uuid, channel_type text, channel uuid, number text) returns text
language plpgsql stable security definer set search_path = '' as $$
-- Definer: as refusal_of.
declare
  known text;
begin
  select i.external_id into known from public.customer_identities as i
   where i.customer_id = customer and i.workspace_id = workspace and i.channel_type = recipient_of.channel_type
     -- Each integration has ids of its own, so they begin with the channel's (36 characters and a colon).
     and (recipient_of.channel_type <> 'api' or starts_with(i.external_id, channel::text || ':'))
   order by (ltrim(i.external_id, '+') = ltrim(number, '+')) desc nulls last, i.last_seen_at desc nulls last limit 1;
  case recipient_of.channel_type
    when 'api' then return substr(known, 38);
    when 'email' then return coalesce(known, (select p.email from public.customer_profiles as p where p.id = customer and p.workspace_id = workspace));
    when 'whatsapp', 'sms' then
      return coalesce(known, number, (select p.phone from public.customer_profiles as p where p.id = customer and p.workspace_id = workspace));
    else return known;
  end case;
end $$;
comment on function romashka.recipient_of(uuid, uuid, text, uuid, text) is
  'To which number or address a customer is written: the one of the conversation, else the last he wrote from, else what his profile says. An address that was only typed in a chat is never taken.';

create or replace function romashka.last_inbound(workspace uuid, customer uuid, channel_type text) returns timestamptz language plpgsql stable security definer set search_path = '' as $$
-- Definer: as refusal_of.
begin
  return (select max(said.created_at) from public.conversations as talk
            join public.messages as said on said.conversation_id = talk.id and said.workspace_id = talk.workspace_id
           where talk.customer_id = customer and talk.workspace_id = workspace and said.channel_type = last_inbound.channel_type
             and said.sender_type = 'user' and not said.is_quiet);
end $$;
comment on function romashka.last_inbound(uuid, uuid, text) is 'When a customer last wrote by a kind of channel.';

create or replace function romashka.reach(talk public.conversations) returns table (channel_id uuid, channel_type text, name text, recipient text, is_own boolean,
  is_preferred boolean, can_send boolean, reason text, detail text, window_closes_at timestamptz) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: as refusal_of.
declare
  number constant text := talk.customer_phone;
begin
  return query
    with place as (
      select x.id, x.type, x.name, x.status, x.created_at, x.id is not distinct from talk.channel_id or talk.channel_id is null and x.type = talk.channel_type::text as is_own
        from public.communication_channels as x
       where x.workspace_id = talk.workspace_id and (x.type <> 'website' or x.id = talk.channel_id)
      union all
      select null, 'website', 'website', 'active', null, true where talk.channel_type = 'website' and talk.channel_id is null),
    known as (
      select place.*, case when place.type = 'website' then talk.external_conversation_id
                           else romashka.recipient_of(talk.workspace_id, talk.customer_id, place.type, place.id, number) end as recipient,
             case when place.type = 'whatsapp' then romashka.last_inbound(talk.workspace_id, talk.customer_id, 'whatsapp') + interval '24 hours' end as closes_at,
             coalesce((select p.is_preferred from public.customer_channel_preferences as p
                        where p.customer_id = talk.customer_id and p.workspace_id = talk.workspace_id and p.channel_type = place.type), false) as is_liked
        from place),
    judged as (
      select known.*, refused.words, case
               when known.type in ('messenger', 'instagram') then 'not_supported'
               when known.status = 'inactive' or not known.is_own and known.status <> 'active' then 'channel_inactive'
               when known.type <> 'website' and known.recipient is null then 'no_address'
               when refused.code is not null then refused.code
               when known.type = 'whatsapp' and coalesce(known.closes_at, '-infinity') <= pg_catalog.now() then 'window_closed' end as reason
        from known
        left join lateral romashka.refusal_of(talk.workspace_id, talk.customer_id, known.type, known.id, known.recipient) as refused on known.type <> 'website')
    select j.id, j.type, j.name, j.recipient, j.is_own, j.is_liked, j.reason is null, j.reason,
           case j.reason when 'not_supported' then 'Messages of this kind of channel are not sent.' when 'channel_inactive' then 'The channel is not active.'
                when 'no_address' then 'The customer has no number or address on this channel.'
                when 'window_closed' then 'The customer has not written by WhatsApp within 24 hours: only a template may be sent.'
                else j.words end,
           j.closes_at
      from judged as j order by j.is_own desc, j.is_liked desc, j.created_at, j.id;
end $$;
comment on function romashka.reach(public.conversations) is 'Every channel by which an answer to a conversation could go, its own first, and why not by those by which it cannot.';

create or replace function public.reply_channels(conversation uuid, workspace uuid default public.current_workspace_id()) returns table (channel_id uuid, channel_type text, name text,
  recipient text, is_own boolean, is_usual boolean, is_preferred boolean, can_send boolean, reason text, detail text, window_closes_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: as refusal_of; the workspace is checked first.
declare
  talk public.conversations;
  usual record;
begin
  perform romashka.require_role(workspace, 'viewer');
  select * into talk from public.conversations as c where c.id = conversation and c.workspace_id = reply_channels.workspace;
  if not found then raise exception 'no such conversation' using errcode = 'RM404'; end if;
  select p.channel_type, p.channel_id into usual from romashka.reply_place(talk, null, null, 'text') as p;
  return query select r.channel_id, r.channel_type, r.name, case when r.channel_type <> 'website' then r.recipient end, r.is_own,
      r.channel_type = usual.channel_type and (r.channel_id is not distinct from usual.channel_id or usual.channel_id is null), r.is_preferred, r.can_send, r.reason, r.detail, r.window_closes_at
    from romashka.reach(talk) as r;
end $$;
comment on function public.reply_channels(uuid, uuid) is
  'By which channels the customer of a conversation can be answered now, with the reason where not; is_usual: by which he is answered when none is named.';

create or replace function romashka.reply_place(talk public.conversations, wanted_type text, wanted uuid, message_type text, out channel_type text, out channel_id uuid, out is_elsewhere boolean)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  has_place boolean := false;
  own boolean;
  usable boolean;
  fault text;
  words text;
begin
  if wanted is not null or wanted_type is not null then
    select r.channel_type, r.channel_id, r.is_own, r.can_send, r.reason, r.detail into channel_type, channel_id, own, usable, fault, words from romashka.reach(talk) as r
     where (wanted is null or r.channel_id = wanted) and (wanted_type is null or r.channel_type = wanted_type)
     order by r.can_send desc, r.is_own desc limit 1;
    has_place := found;
    if not has_place then
      raise exception 'the workspace has no such channel to answer by' using errcode = 'RM422', hint = 'The reply channels of the conversation are those there are.';
    end if;
    if not usable and not (fault = 'window_closed' and message_type = 'template') then
      raise exception '%', rtrim(words, '.') using errcode = 'RM422', hint = 'The reply channels of the conversation say by which this customer can be reached.';
    end if;
  elsif talk.reply_channel_type is not null and talk.reply_channel_type::text <> talk.channel_type::text then
    select r.channel_type, r.channel_id, r.is_own into channel_type, channel_id, own from romashka.reach(talk) as r
     where r.channel_type = talk.reply_channel_type::text and r.can_send limit 1;
    has_place := found;
  end if;
  is_elsewhere := has_place and not own;
  if not is_elsewhere then
    channel_type := talk.channel_type;
    channel_id := talk.channel_id;
  end if;
end $$;
comment on function romashka.reply_place(public.conversations, text, uuid, text) is
  'By which channel an answer goes: the one that is asked for, refused (RM422) where the customer cannot be reached by it; else the one the routing rule wants where he can; else the conversation''s own.';

create or replace function romashka.place_answer(talk public.conversations, wanted_type text, wanted uuid, message_type text, out channel_type text, out channel_id uuid, out is_elsewhere boolean, out refusal text)
language plpgsql stable set search_path = '' as $$
begin
  channel_type := talk.channel_type;
  channel_id := talk.channel_id;
  is_elsewhere := false;
  -- By another channel than its own: because it was asked for, or because a rule says so and the customer can be reached there.
  if wanted is not null or wanted_type is not null or talk.reply_channel_type::text is distinct from talk.channel_type::text and talk.reply_channel_type is not null then
    select p.channel_type, p.channel_id, p.is_elsewhere into channel_type, channel_id, is_elsewhere
      from romashka.reply_place(talk, wanted_type, wanted, message_type) as p;
  end if;
  if channel_type <> 'website' then
    refusal := (romashka.refusal_of(talk.workspace_id, talk.customer_id, channel_type, channel_id,
      romashka.recipient_of(talk.workspace_id, talk.customer_id, channel_type, channel_id, talk.customer_phone))).words;
  end if;
end $$;
comment on function romashka.place_answer(public.conversations, text, uuid, text) is
  'Whoever answers, agent, schedule or assistant: the channel by which the answer goes (reply_place), whether that is another than its own, and in words why the customer is not to be written to.';

create or replace function romashka.expect_answer(workspace uuid, conversation uuid, customer uuid, channel_type text, channel uuid) returns void
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: called by send_message and the trigger of deliveries. A mail is answered by its Message-ID.
begin
  if customer is null or channel_type in ('email', 'website') then return; end if;
  insert into public.conversation_thread_keys as t (workspace_id, conversation_id, channel_type, channel_id, thread_key)
  values (workspace, conversation, expect_answer.channel_type, coalesce(channel, '00000000-0000-0000-0000-000000000000'), 'customer:' || customer)
  on conflict (workspace_id, channel_type, channel_id, thread_key) do update set conversation_id = excluded.conversation_id, created_at = excluded.created_at;
end $$;
comment on function romashka.expect_answer(uuid, uuid, uuid, text, uuid) is
  'Says that a customer was written to from a conversation of another channel, so that what he answers comes into it.';

create or replace function romashka.is_expected(workspace uuid, customer uuid, channel_type text, channel uuid, conversation uuid, key text, seen_at timestamptz) returns boolean
language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by ingest_message.
begin
  return exists (
    select from public.conversation_thread_keys as t join public.conversations as c on c.id = t.conversation_id and c.workspace_id = t.workspace_id
     where t.workspace_id = workspace and t.channel_type = is_expected.channel_type and t.channel_id = coalesce(channel, '00000000-0000-0000-0000-000000000000') and t.thread_key = key
       and c.id = conversation and c.customer_id = customer and t.created_at > seen_at - interval '7 days'
       and (c.status in ('active', 'escalated') or c.status = 'resolved' and c.resolved_at > seen_at - interval '7 days')
       -- Nobody has written to him in a talk of this channel's own since.
       and not exists (select from public.conversations as o join public.messages as m on m.conversation_id = o.id and m.workspace_id = o.workspace_id
            where o.customer_id = customer and o.workspace_id = workspace and o.id <> c.id and m.channel_type = is_expected.channel_type
              and m.sender_type <> 'user' and m.created_at > t.created_at));
end $$;
comment on function romashka.is_expected(uuid, uuid, text, uuid, uuid, text, timestamptz) is
  'Whether a customer''s message answers what was written to him last from a conversation of another channel, within seven days.';

create or replace function romashka.fall_back() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is written by triggers and verbs only.
declare
  said public.messages;
  talk public.conversations;
  wanted text;
  place record;
begin
  if new.delivery_status in ('delivered', 'read') then
    -- It had arrived after all: what has not gone by the other channel stays.
    update public.message_delivery_tracking as d set delivery_status = 'cancelled'
     where d.message_id = new.message_id and d.workspace_id = new.workspace_id and d.purpose = 'fallback' and d.delivery_status = 'queued';
    return null;
  end if;
  -- What may have arrived is not said twice; who does not want to be written to is not written to by another way.
  if new.is_uncertain or new.parts_sent > 0 or new.error_details ->> 'code' in ('opted_out', 'do_not_contact', '21610') then return null; end if;
  select * into said from public.messages as m where m.id = new.message_id and m.workspace_id = new.workspace_id;
  if said.message_type not in ('text', 'image', 'audio', 'video', 'document') then return null; end if;
  select * into talk from public.conversations as c where c.id = said.conversation_id and c.workspace_id = new.workspace_id;
  wanted := coalesce(talk.fallback_channel_type, (select x.configuration ->> 'fallback_channel_type' from public.communication_channels as x
    where x.id = said.channel_id and x.workspace_id = new.workspace_id));
  if wanted is null or wanted = new.channel_type then return null; end if;
  select * into place from romashka.reach(talk) as r where r.channel_type = wanted and r.can_send and r.channel_type <> 'website' limit 1;
  if not found then return null; end if;
  insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, channel_id, purpose, delivery_status, max_retries)
  values (new.workspace_id, new.message_id, place.channel_type, place.channel_id, 'fallback', 'queued', case when place.channel_type = 'email' then 12 else 7 end)
  on conflict (message_id, workspace_id, channel_type) do nothing;
  if not found then return null; end if;
  update public.messages as m set delivery_status = 'queued' where m.id = new.message_id and m.workspace_id = new.workspace_id;
  perform romashka.expect_answer(new.workspace_id, talk.id, talk.customer_id, place.channel_type, place.channel_id);
  perform romashka.record_event(new.workspace_id, 'message.redirected', 'message', new.message_id, talk.id,
    jsonb_build_object('from', new.channel_type, 'to', place.channel_type, 'channel_id', place.channel_id, 'error', new.error_details));
  return null;
end $$;
comment on function romashka.fall_back() is
  'Trigger: a message that certainly cannot be delivered goes by the channel that the conversation''s rule or its channel names for that case, once.';
create or replace trigger message_delivery_tracking_30_fall_back after update of delivery_status on public.message_delivery_tracking for each row
  when (new.purpose = 'answer' and old.delivery_status is distinct from new.delivery_status
    and (new.delivery_status in ('failed', 'dead') or old.delivery_status in ('failed', 'dead') and new.delivery_status in ('delivered', 'read')))
  execute function romashka.fall_back();

-- Answers that were not read in the chat ---------------------------------------------------------------------------------

create or replace function romashka.plan_unread_mail(workspace uuid, conversation uuid, channel uuid, message uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called by store_answer.
declare
  place record;
  wait interval;
begin
  select x.configuration ->> 'unread_mail_minutes' as minutes, x.configuration ->> 'unread_mail_channel_id' as mailbox into place
    from public.communication_channels as x where x.id = channel and x.workspace_id = plan_unread_mail.workspace;
  if place.minutes is null or place.minutes !~ '^[0-9]{1,5}$' or place.minutes::integer = 0 then return; end if;
  wait := make_interval(mins => place.minutes::integer);
  -- One that waits already takes this answer along.
  -- Locked, so that no worker composes it before this answer is committed.
  perform from public.message_delivery_tracking as d where d.workspace_id = plan_unread_mail.workspace and d.ordering_key = 'unread:' || conversation
     and d.delivery_status = 'queued' for update;
  if found then return; end if;
  insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, channel_id, purpose, delivery_status, max_retries, ordering_key, send_after)
  select plan_unread_mail.workspace, message, 'email', x.id, 'unread', 'queued', 12, 'unread:' || conversation, pg_catalog.now() + wait
    from public.communication_channels as x
   where x.workspace_id = plan_unread_mail.workspace and x.type = 'email' and x.status = 'active' and (place.mailbox is null or x.id::text = place.mailbox)
   order by x.created_at, x.id limit 1
  on conflict (message_id, workspace_id, channel_type) do nothing;
end $$;
comment on function romashka.plan_unread_mail(uuid, uuid, uuid, uuid) is
  'Puts a mail of unread answers on the queue, due after the minutes that the website''s channel says (unread_mail_minutes); none where it says nothing or no mailbox is active.';

create or replace function romashka.compose_unread_mail(delivery uuid, lease uuid, workspace uuid) returns jsonb language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  due public.message_delivery_tracking;
  talk public.conversations;
  since timestamptz;
  until timestamptz;
  address text;
  fault text;
begin
  select * into due from public.message_delivery_tracking as d
   where d.id = delivery and d.workspace_id = compose_unread_mail.workspace and d.lease_id = lease and d.delivery_status = 'sending' and d.purpose = 'unread' for update;
  if not found then return null; end if;
  select c.* into talk from public.messages as m join public.conversations as c on c.id = m.conversation_id and c.workspace_id = m.workspace_id
   where m.id = due.message_id and m.workspace_id = due.workspace_id;
  since := coalesce((select max(d.covers_until) from public.messages as m
      join public.message_delivery_tracking as d on d.message_id = m.id and d.workspace_id = m.workspace_id
     where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and d.purpose = 'unread' and d.id <> due.id and d.delivery_status in ('sent', 'delivered', 'read')), '-infinity');
  -- Another attempt at the same mail says the same.
  until := coalesce(due.covers_until, (select max(m.created_at) from public.messages as m
     where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and m.channel_type = 'website' and m.sender_type <> 'user' and m.delivery_status <> 'read'));
  -- What the customer typed in the chat is good for this one purpose: he has asked for the answer, and it is he who gets it.
  address := coalesce(romashka.recipient_of(talk.workspace_id, talk.customer_id, 'email', null, null), talk.user_email,
    (select s.email from romashka.visitor_sessions as s where s.workspace_id = talk.workspace_id and s.visitor = talk.external_conversation_id and s.email is not null
      order by s.last_seen_at desc limit 1),
    (select p.custom_fields ->> 'claimed_email' from public.customer_profiles as p where p.id = talk.customer_id and p.workspace_id = talk.workspace_id));
  fault := case
    when not exists (select from public.messages as m where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and m.channel_type = 'website'
          and m.sender_type <> 'user' and m.delivery_status <> 'read' and m.created_at > since and m.created_at <= until) then 'read'
    when due.created_at < pg_catalog.now() - interval '3 days' then 'expired'
    else (romashka.refusal_of(talk.workspace_id, talk.customer_id, 'email', due.channel_id, address)).code end;
  if fault is null and address is null then fault := 'no_address'; end if;
  if fault is not null then
    update public.message_delivery_tracking as d set delivery_status = 'cancelled', error_details = jsonb_build_object('code', fault)
     where d.id = due.id and d.workspace_id = due.workspace_id;
    return null;
  end if;
  if due.covers_until is null and exists (select from romashka.visitor_sessions as s
       where s.workspace_id = talk.workspace_id and s.visitor = talk.external_conversation_id and s.last_seen_at > pg_catalog.now() - interval '2 minutes') then
    -- He is there. Once he has gone without having read it, it is mailed.
    perform public.postpone_delivery(due.id, lease, interval '1 minute');
    return null;
  end if;
  update public.message_delivery_tracking as d set covers_until = until where d.id = due.id and d.workspace_id = due.workspace_id;
  return jsonb_build_object('recipient', address, 'company', (select w.name from public.workspaces as w where w.id = talk.workspace_id),
    'subject', (select x.configuration ->> 'unread_mail_subject' from public.communication_channels as x where x.id = talk.channel_id and x.workspace_id = talk.workspace_id),
    'page', (select x.configuration ->> 'unread_mail_page' from public.communication_channels as x where x.id = talk.channel_id and x.workspace_id = talk.workspace_id),
    'messages', (select jsonb_agg(jsonb_build_object('content', m.content, 'agent', p.full_name) order by m.created_at, m.id)
       from public.messages as m left join public.profiles as p on p.id = m.sender_id
      where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and m.channel_type = 'website' and m.sender_type <> 'user'
        and (m.delivery_status <> 'read' or due.covers_until is not null) and m.created_at > since and m.created_at <= until));
end $$;
comment on function romashka.compose_unread_mail(uuid, uuid, uuid) is
  'What a mail of unread answers says, and to whom; null when it is not to be sent: read meanwhile, nowhere to send it, unwanted (the delivery is cancelled), or the visitor is there (it waits).';

create or replace function romashka.stop_mails(delivery uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone, for whoever holds the link in such a mail. It takes messages back and shows nothing.
declare
  who record;
begin
  select c.customer_id, c.workspace_id into who from public.message_delivery_tracking as d
    join public.messages as m on m.id = d.message_id and m.workspace_id = d.workspace_id
    join public.conversations as c on c.id = m.conversation_id and c.workspace_id = m.workspace_id
   where d.id = delivery and d.purpose = 'unread' and d.covers_until is not null and c.customer_id is not null;
  if not found then return false; end if;
  set local romashka.actor_kind = 'customer';
  insert into public.customer_channel_preferences as p (workspace_id, customer_id, channel_type, opt_in, opt_in_at, opt_in_source)
  values (who.workspace_id, who.customer_id, 'email', false, pg_catalog.now(), 'link')
  on conflict (customer_id, workspace_id, channel_type) do update set opt_in = false, opt_in_at = excluded.opt_in_at, opt_in_source = excluded.opt_in_source where p.opt_in;
  return true;
end $$;
comment on function romashka.stop_mails(uuid) is 'The customer of a mail of unread answers wants no more mails. False where no such mail was sent.';

do $$
declare
  signature text;
begin
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_members('public.reply_channels(uuid, uuid)');
  foreach signature in array array['refusal_of(uuid, uuid, text, uuid, text)', 'recipient_of(uuid, uuid, text, uuid, text)', 'last_inbound(uuid, uuid, text)',
    'compose_unread_mail(uuid, uuid, uuid)', 'stop_mails(uuid)'] loop
    perform romashka.grant_function('romashka.' || signature, 'service_role');
  end loop;
end $$;

-- ============ 30-channels/triggers ============
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

-- ============ 40-conversations/triggers ============
-- Purpose: the audit of people, customers and what belongs to conversations. Conversations and messages themselves are audited in 90-operations/verbs.sql.
do $$
declare
  signature text;
begin
  foreach signature in array array['customer_profiles', 'customer_identities', 'customer_channel_preferences', 'custom_attribute_definitions',
    'conversation_notes', 'conversation_transfers', 'conversation_participants', 'file_attachments', 'saved_views', 'workspace_members', 'workspace_invitations', 'teams', 'team_members', 'workspaces', 'profiles'] loop
    perform romashka.audit_table(signature, case signature when 'workspace_invitations' then array['token_hash'] else '{}'::text[] end,
      counters => case signature when 'customer_profiles' then array['total_conversations', 'avg_satisfaction', 'rating_sum', 'rating_count', 'last_interaction'] end);
  end loop;
end $$;

-- ============ 50-knowledge/triggers ============
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

-- ============ 55-assistant/triggers ============
-- Purpose: updated_at and the audit of the assistant's set-up.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('channel_assistants');
  perform romashka.audit_table('channel_assistants');
end $$;

-- ============ 56-endpoint/triggers ============
-- Purpose: updated_at and the audit of a workspace's language model; of its key only that it was changed.
-- Lock risk: SHARE ROW EXCLUSIVE on the table for a moment.
do $$ begin
  perform romashka.touch_table('ai_endpoints');
  perform romashka.audit_table('ai_endpoints', array['api_key']);
end $$;

-- ============ 57-evaluation/triggers ============
-- Purpose: updated_at and the audit of question sets.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('question_sets');
  perform romashka.touch_table('question_set_items');
  perform romashka.audit_table('question_sets');
  perform romashka.audit_table('question_set_items');
end $$;

-- ============ 58-suggestions/triggers ============
-- Purpose: updated_at, and the audit of what was decided; the words are in the conversation.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.touch_table('article_suggestions');
  perform romashka.audit_table('article_suggestions', left_out => array['question', 'answer', 'occurrences']);
end $$;

-- ============ 60-workflows/triggers ============
-- Purpose: updated_at and the audit of these tables; after all functions, because the one of the audit is defined last.
-- Lock risk: SHARE ROW EXCLUSIVE on each table for a moment.
do $$ begin
  perform romashka.audit_table('workflows', left_out => array['execution_count', 'success_count', 'failure_count']);
end $$;
-- A run is not an edit.
create or replace trigger update_workflows_updated_at before update on public.workflows for each row
  when (old.updated_at is not distinct from new.updated_at
    and (old.execution_count, old.success_count, old.failure_count) = (new.execution_count, new.success_count, new.failure_count))
  execute function public.update_updated_at_column();

-- ============ 70-analytics/triggers ============
-- Purpose: the audit of what people set up here.
do $$
declare
  name text;
begin
  foreach name in array array['dashboard_configs', 'sla_policies'] loop
    perform romashka.audit_table(name);
  end loop;
  perform romashka.audit_table('scheduled_reports', '{}', array['next_run_at', 'last_sent_at']);
end $$;

-- ============ 80-integrations/triggers ============
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

-- ============ 10-workspaces/verbs ============
-- Purpose: signing in: sessions, API keys, passwords, second factors, one-time tokens, the limits on all of them, and repeated requests.
-- Invariants: tokens come in as their SHA-256, so that no statement, log or plan holds one; a one-time token, a recovery code and a
--   step of a second factor are used once, decided by one UPDATE; what is counted is counted for accounts that do not exist too.
-- Who calls: the server, as service_role; what a member may call is granted at the end.
-- Lock risk: row locks.

create or replace function romashka.my_membership(out workspace uuid, out member_role text) language plpgsql stable security definer set search_path = '' as $$
-- Definer: memberships are read outside of their own policy.
declare
  me constant uuid := romashka.current_user_id();
  here constant uuid := public.current_workspace_id();
begin
  workspace := here;
  if me is null then
    member_role := case when here = any (romashka.my_workspaces('viewer')) then coalesce(romashka.claims() #>> '{app_metadata,workspace_role}', 'agent') end;
  else
    member_role := (select m.role from public.workspace_members as m where m.user_id = me and m.workspace_id = here and m.status = 'active');
  end if;
end $$;
comment on function romashka.my_membership() is 'The workspace of the request and what the one who asks is in it; no role for who is not a member.';

-- Sessions ----------------------------------------------------------------------------------------------------------------------

create or replace function romashka.start_session(person uuid, token_hash bytea, idle_limit interval, absolute_limit interval, second_factor boolean default false,
  user_agent text default null, address inet default null) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  made uuid;
  at constant timestamptz := pg_catalog.now();
begin
  insert into romashka.sessions (user_id, token_hash, idle_limit, expires_at, is_second_factor_passed, user_agent, address)
  values (person, start_session.token_hash, start_session.idle_limit, at + absolute_limit, second_factor, left(start_session.user_agent, 500), start_session.address)
  returning id into made;
  update auth.users as u set last_sign_in_at = at where u.id = person;
  return made;
end $$;
comment on function romashka.start_session(uuid, bytea, interval, interval, boolean, text, inet) is 'Signs a person in: a session that ends after its idle limit without use, and after its absolute limit in any case.';

create or replace function romashka.find_session(token_hash bytea, out session uuid, out person uuid, out chosen_workspace uuid, out authenticated_at timestamptz,
  out second_factor boolean) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  found_session romashka.sessions;
  at constant timestamptz := pg_catalog.now();
begin
  select * into found_session from romashka.sessions as s where s.token_hash = find_session.token_hash and s.expires_at > at and s.last_used_at + s.idle_limit > at;
  if not found then return; end if;
  if found_session.last_used_at < at - interval '1 minute' then
    update romashka.sessions as s set last_used_at = at where s.id = found_session.id;
  end if;
  session := found_session.id;
  person := found_session.user_id;
  chosen_workspace := found_session.chosen_workspace;
  authenticated_at := found_session.authenticated_at;
  second_factor := found_session.is_second_factor_passed;
end $$;
comment on function romashka.find_session(bytea) is 'Who is signed in with a token, nobody when the session is over. Its use is noted once a minute.';

create or replace function romashka.choose_workspace(session uuid, workspace uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  update romashka.sessions as s set chosen_workspace = workspace where s.id = session
     and exists (select from public.workspace_members as m where m.user_id = s.user_id and m.workspace_id = workspace and m.status = 'active');
  if not found then raise exception 'no such workspace' using errcode = 'RM404'; end if;
end $$;
comment on function romashka.choose_workspace(uuid, uuid) is 'From now on the session works in another workspace of its person.';

create or replace function romashka.confirm_session(session uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  update romashka.sessions as s set authenticated_at = pg_catalog.now() where s.id = session;
end $$;
comment on function romashka.confirm_session(uuid) is 'Notes that the person has just shown who he is again.';

create or replace function romashka.list_sessions(person uuid) returns table (id uuid, user_agent text, address text, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  return query
    select s.id, s.user_agent, host(s.address), s.created_at, s.last_used_at, least(s.expires_at, s.last_used_at + s.idle_limit) from romashka.sessions as s
     where s.user_id = person and s.expires_at > pg_catalog.now() and s.last_used_at + s.idle_limit > pg_catalog.now() order by s.last_used_at desc, s.id;
end $$;
comment on function romashka.list_sessions(uuid) is 'The sessions of a person that are not over.';

create or replace function romashka.end_sessions(person uuid, session uuid default null, except_session uuid default null) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  ended integer;
begin
  delete from romashka.sessions as s where s.user_id = person and (session is null or s.id = session) and s.id is distinct from except_session;
  get diagnostics ended = row_count;
  return ended;
end $$;
comment on function romashka.end_sessions(uuid, uuid, uuid) is 'Ends one session of a person, or all but one; returns how many.';

-- API keys ----------------------------------------------------------------------------------------------------------------------

create or replace function romashka.find_api_key(key_hash bytea, out key uuid, out workspace uuid, out key_role text, out scopes text[]) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone; the key says which workspace is meant.
declare
  found_key public.api_keys;
  at constant timestamptz := pg_catalog.now();
begin
  select k.* into found_key from public.api_keys as k join public.workspaces as w on w.id = k.workspace_id and w.status = 'active'
   where k.key_hash = find_api_key.key_hash and k.revoked_at is null and (k.expires_at is null or k.expires_at > at);
  if not found then return; end if;
  if found_key.last_used_at is null or found_key.last_used_at < at - interval '1 minute' then
    update public.api_keys as k set last_used_at = at where k.id = found_key.id and k.workspace_id = found_key.workspace_id;
  end if;
  key := found_key.id;
  workspace := found_key.workspace_id;
  key_role := found_key.role;
  scopes := found_key.scopes;
end $$;
comment on function romashka.find_api_key(bytea) is 'What a key stands for, nothing when it is revoked or over. Its use is noted once a minute.';

create or replace function public.create_api_key(name text, key_hash bytea, display_prefix text, last_four text, scopes text[], role text default 'agent',
  expires_at timestamptz default null, workspace uuid default public.current_workspace_id()) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes the table himself, so that a key never has more rights than the one who made it.
declare
  made uuid;
begin
  perform romashka.require_role(workspace, 'admin');
  if create_api_key.expires_at <= pg_catalog.now() then raise exception 'the key would be over already' using errcode = 'RM422'; end if;
  insert into public.api_keys (workspace_id, name, key_hash, display_prefix, last_four, scopes, role, expires_at, created_by)
  values (workspace, create_api_key.name, create_api_key.key_hash, create_api_key.display_prefix, create_api_key.last_four, create_api_key.scopes,
    create_api_key.role, create_api_key.expires_at, (select p.id from public.profiles as p where p.id = romashka.current_user_id()))
  returning id into made;
  return made;
end $$;
comment on function public.create_api_key(text, bytea, text, text, text[], text, timestamptz, uuid) is 'Keeps a new key of the workspace; the key itself is made and shown by the caller.';

create or replace function public.revoke_api_key(key uuid, workspace uuid default public.current_workspace_id()) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: as create_api_key.
declare
  at constant timestamptz := pg_catalog.now();
begin
  perform romashka.require_role(workspace, 'admin');
  update public.api_keys as k set revoked_at = coalesce(k.revoked_at, at) where k.id = key and k.workspace_id = workspace;
  if not found then raise exception 'no such key' using errcode = 'RM404'; end if;
end $$;
comment on function public.revoke_api_key(uuid, uuid) is 'Ends a key at once. It stays in the list, for the audit.';

-- Passwords ---------------------------------------------------------------------------------------------------------------------

create or replace function romashka.find_account(email text, out person uuid, out password_hash text, out has_second_factor boolean) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  select p.id, w.password_hash, exists (select from romashka.second_factors as f where f.user_id = p.id and f.confirmed_at is not null)
    into person, password_hash, has_second_factor
    from public.profiles as p left join romashka.passwords as w on w.user_id = p.id where p.email = lower(find_account.email);
end $$;
comment on function romashka.find_account(text) is 'The account of an address, with what is needed to check a password.';

create or replace function romashka.read_account(person uuid, out email text, out full_name text, out language text, out password_hash text, out has_second_factor boolean)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  select p.email, p.full_name, p.language, w.password_hash, exists (select from romashka.second_factors as f where f.user_id = p.id and f.confirmed_at is not null)
    into email, full_name, language, password_hash, has_second_factor
    from public.profiles as p left join romashka.passwords as w on w.user_id = p.id where p.id = person;
end $$;
comment on function romashka.read_account(uuid) is 'The account of a person who is signed in.';

create or replace function romashka.set_password(person uuid, password_hash text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.passwords as w (user_id, password_hash) values (person, set_password.password_hash)
  on conflict (user_id) do update set password_hash = excluded.password_hash, changed_at = excluded.changed_at;
end $$;
comment on function romashka.set_password(uuid, text) is 'Keeps the hash of a new password.';

create or replace function romashka.create_account(email text, full_name text, password_hash text default null) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  made uuid := gen_random_uuid();
begin
  if exists (select from public.profiles as p where p.email = lower(create_account.email)) then
    raise exception 'there is an account with this address' using errcode = 'RM409', hint = 'Sign in instead.';
  end if;
  insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data)
  values (made, lower(create_account.email), pg_catalog.now(), jsonb_strip_nulls(jsonb_build_object('full_name', create_account.full_name)));
  if create_account.password_hash is not null then perform romashka.set_password(made, create_account.password_hash); end if;
  return made;
end $$;
comment on function romashka.create_account(text, text, text) is 'An account whose address is known to be the person''s: by an invitation, or by the one who sets the installation up.';

create or replace function romashka.read_invitation(token_hash bytea, out workspace uuid, out workspace_name text, out email text, out has_account boolean)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone; who has the token was invited.
begin
  select i.workspace_id, w.name, i.email, exists (select from public.profiles as p where p.email = i.email) into workspace, workspace_name, email, has_account
    from public.workspace_invitations as i join public.workspaces as w on w.id = i.workspace_id
   where i.token_hash = read_invitation.token_hash and i.accepted_at is null and i.expires_at > pg_catalog.now();
end $$;
comment on function romashka.read_invitation(bytea) is 'What an invitation that is still open invites to.';

-- One-time tokens ---------------------------------------------------------------------------------------------------------------

create or replace function romashka.keep_token(token_hash bytea, purpose text, person uuid, valid_for interval) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.account_tokens (token_hash, purpose, user_id, expires_at)
  values (keep_token.token_hash, keep_token.purpose, person, pg_catalog.now() + valid_for);
end $$;
comment on function romashka.keep_token(bytea, text, uuid, interval) is 'Keeps a token that is good for one act, for a time.';

create or replace function romashka.find_token(token_hash bytea, purpose text) returns uuid language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  return (select t.user_id from romashka.account_tokens as t where t.token_hash = find_token.token_hash and t.purpose = find_token.purpose
             and t.used_at is null and t.expires_at > pg_catalog.now());
end $$;
comment on function romashka.find_token(bytea, text) is 'Whose token it is, without using it.';

create or replace function romashka.use_token(token_hash bytea, purpose text, out person uuid, out is_valid boolean) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.now();
begin
  update romashka.account_tokens as t set used_at = at
   where t.token_hash = use_token.token_hash and t.purpose = use_token.purpose and t.used_at is null and t.expires_at > at
  returning t.user_id into person;
  is_valid := found;
end $$;
comment on function romashka.use_token(bytea, text) is 'Uses a token up; of two who try at once one succeeds.';

-- Signing in by a provider (OpenID Connect) -----------------------------------------------------------------------------------

create or replace function romashka.begin_oidc_login(login uuid, state_hash bytea, browser_hash bytea, content text, valid_for interval) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.oidc_logins (id, state_hash, browser_hash, content, expires_at)
  values (login, begin_oidc_login.state_hash, begin_oidc_login.browser_hash, begin_oidc_login.content, pg_catalog.now() + valid_for);
end $$;
comment on function romashka.begin_oidc_login(uuid, bytea, bytea, text, interval) is 'Keeps what has to fit when a person comes back from the provider.';

create or replace function romashka.take_oidc_login(state_hash bytea, browser_hash bytea, out login uuid, out content text) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  delete from romashka.oidc_logins as l
   where l.state_hash = take_oidc_login.state_hash and l.browser_hash = take_oidc_login.browser_hash and l.expires_at > pg_catalog.now()
  returning l.id, l.content into login, content;
end $$;
comment on function romashka.take_oidc_login(bytea, bytea) is 'What was kept for this state and this browser, once; nulls when there is nothing.';

create or replace function romashka.join_oidc_account(issuer text, subject text, email text default null) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone; the address is one that the provider has verified.
declare
  owner uuid;
begin
  select i.user_id into owner from romashka.oidc_identities as i where i.issuer = join_oidc_account.issuer and i.subject = join_oidc_account.subject;
  if owner is not null then return owner; end if;
  -- Whoever made an account with an address that is not his must not be joined by its owner.
  select p.id into owner from public.profiles as p join auth.users as u on u.id = p.id
   where p.email = lower(join_oidc_account.email) and u.email_confirmed_at is not null;
  if owner is null then return null; end if;
  insert into romashka.oidc_identities (issuer, subject, user_id) values (join_oidc_account.issuer, join_oidc_account.subject, owner)
  on conflict on constraint oidc_identities_pkey do nothing;
  -- Of two who come at once the first one counts.
  return (select i.user_id from romashka.oidc_identities as i where i.issuer = join_oidc_account.issuer and i.subject = join_oidc_account.subject);
end $$;
comment on function romashka.join_oidc_account(text, text, text) is 'The account of a provider''s subject: the one it is joined to, else that of a verified address, which is joined to it now; null when there is none.';

create or replace function romashka.needs_setup() returns boolean language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  return not exists (select from public.workspace_members as m where m.role = 'owner' and m.status = 'active'
                       and (exists (select from romashka.passwords as w where w.user_id = m.user_id)));
end $$;
comment on function romashka.needs_setup() is 'Whether nobody who could sign in here owns a workspace yet.';

create or replace function romashka.set_up(token_hash bytea, email text, full_name text, password_hash text) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone; the token was shown to who runs the installation.
declare
  person uuid;
begin
  -- One at a time: two who have a token each must not both become the first.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('romashka.set_up', 0));
  if not romashka.needs_setup() then raise exception 'the installation is set up already' using errcode = 'RM409'; end if;
  if not (select used.is_valid from romashka.use_token(set_up.token_hash, 'setup') as used) then
    raise exception 'the token is not valid (any more)' using errcode = 'RM403', hint = 'Start the server again: it shows a new one.';
  end if;
  person := romashka.create_account(set_up.email, set_up.full_name, set_up.password_hash);
  insert into public.workspace_members (workspace_id, user_id, role) values (romashka.default_workspace_id(), person, 'owner');
  return person;
end $$;
comment on function romashka.set_up(bytea, text, text, text) is 'Makes the first owner of the installation.';

-- Second factors ----------------------------------------------------------------------------------------------------------------

create or replace function romashka.offer_second_factor(person uuid, factor uuid, secret text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.second_factors as f (id, user_id, secret) values (factor, person, offer_second_factor.secret)
  on conflict (user_id) do update set id = excluded.id, secret = excluded.secret, last_step = 0, created_at = excluded.created_at where f.confirmed_at is null;
  if not found then raise exception 'there is a second factor already' using errcode = 'RM409', hint = 'Remove it first.'; end if;
end $$;
comment on function romashka.offer_second_factor(uuid, uuid, text) is 'Keeps a secret that is not in force before a first code was right.';

create or replace function romashka.read_second_factor(person uuid, out factor uuid, out secret text, out is_confirmed boolean) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  select f.id, f.secret, f.confirmed_at is not null into factor, secret, is_confirmed from romashka.second_factors as f where f.user_id = person;
end $$;
comment on function romashka.read_second_factor(uuid) is 'The encrypted secret of a person.';

create or replace function romashka.use_second_factor(person uuid, factor uuid, step bigint) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.now();
begin
  update romashka.second_factors as f set last_step = step, confirmed_at = coalesce(f.confirmed_at, at)
   where f.user_id = person and f.id = factor and f.last_step < step;
  return found;
end $$;
comment on function romashka.use_second_factor(uuid, uuid, bigint) is 'Takes the time step of a right code; false when it, or a later one, was used before.';

create or replace function romashka.remove_second_factor(person uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  delete from romashka.recovery_codes as c where c.user_id = person;
  delete from romashka.second_factors as f where f.user_id = person;
  return found;
end $$;
comment on function romashka.remove_second_factor(uuid) is 'Takes the second factor and its recovery codes away.';

create or replace function romashka.keep_recovery_codes(person uuid, code_hashes bytea[]) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  delete from romashka.recovery_codes as c where c.user_id = person;
  insert into romashka.recovery_codes (user_id, code_hash) select person, hash from unnest(code_hashes) as hash;
end $$;
comment on function romashka.keep_recovery_codes(uuid, bytea[]) is 'Puts new recovery codes in the place of the old ones.';

create or replace function romashka.use_recovery_code(person uuid, code_hash bytea) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.now();
begin
  update romashka.recovery_codes as c set used_at = at where c.user_id = person and c.code_hash = use_recovery_code.code_hash and c.used_at is null;
  return found;
end $$;
comment on function romashka.use_recovery_code(uuid, bytea) is 'Uses a recovery code up.';

-- Limits ------------------------------------------------------------------------------------------------------------------------

create or replace function romashka.take_allowance(key text, quota integer, period interval, out is_allowed boolean, out remaining integer, out retry_after interval)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  cost constant interval := period / quota;
  taken timestamptz;
begin
  insert into romashka.rate_limits as l (key, arrival) values (take_allowance.key, at + cost)
  on conflict (key) do update set arrival = greatest(l.arrival, excluded.arrival - cost) + cost where greatest(l.arrival, excluded.arrival - cost) + cost <= excluded.arrival - cost + period
  returning l.arrival into taken;
  is_allowed := found;
  if is_allowed then
    remaining := floor(extract(epoch from (at + period - taken)) / extract(epoch from cost))::integer;
    retry_after := interval '0';
  else
    remaining := 0;
    select l.arrival + cost - at - period into retry_after from romashka.rate_limits as l where l.key = take_allowance.key;
    retry_after := greatest(coalesce(retry_after, cost), interval '1 second');
  end if;
end $$;
comment on function romashka.take_allowance(text, integer, interval) is 'Takes one of the quota that a key has in a period (GCRA), decided by one statement: many servers share one count.';

create or replace function romashka.login_pause(account_hash bytea) returns interval language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  return (select f.locked_until - pg_catalog.clock_timestamp() from romashka.login_failures as f
           where f.account_hash = login_pause.account_hash and f.locked_until > pg_catalog.clock_timestamp());
end $$;
comment on function romashka.login_pause(bytea) is 'How long an account still waits after wrong passwords; null when it does not.';

create or replace function romashka.record_login(account_hash bytea, succeeded boolean) returns interval language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  until timestamptz;
begin
  if succeeded then
    delete from romashka.login_failures as f where f.account_hash = record_login.account_hash;
    return null;
  end if;
  -- Five are free; then 1 s, doubled each time, up to 15 minutes. A quiet day forgives.
  insert into romashka.login_failures as f (account_hash, failures, last_failed_at, locked_until) values (record_login.account_hash, 1, at, at)
  on conflict (account_hash) do update set
    failures = case when f.last_failed_at < excluded.last_failed_at - interval '1 day' then 1 else f.failures + 1 end,
    last_failed_at = excluded.last_failed_at,
    locked_until = excluded.last_failed_at + case when f.last_failed_at < excluded.last_failed_at - interval '1 day' or f.failures < 5 then interval '0'
      else least(interval '15 minutes', interval '1 second' * (2 ^ least(f.failures - 5, 20))) end
  returning f.locked_until into until;
  return nullif(greatest(until - at, interval '0'), interval '0');
end $$;
comment on function romashka.record_login(bytea, boolean) is 'Counts a wrong password or code, or forgets those before a right one; returns how long the account now waits.';

-- Mails of the installation -----------------------------------------------------------------------------------------------------

create or replace function romashka.queue_mail(mail uuid, kind text, recipient text, language text, content text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  insert into romashka.outgoing_mails (id, kind, recipient, language, content) values (mail, queue_mail.kind, queue_mail.recipient, coalesce(queue_mail.language, 'en'), queue_mail.content);
end $$;
comment on function romashka.queue_mail(uuid, text, text, text, text) is 'Puts a mail of the installation on its queue, in the transaction of what it tells of.';

create or replace function romashka.claim_mails(batch_size integer default 20, worker text default null, lease interval default '2 minutes') returns setof romashka.outgoing_mails
language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  return query
    with chosen as materialized (
      select m.id from romashka.outgoing_mails as m where m.status in ('pending', 'sending') and m.next_attempt_at <= at
       order by m.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update skip locked)
    update romashka.outgoing_mails as m set status = 'sending', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = m.attempt_count + 1
      from chosen where m.id = chosen.id returning m.*;
end $$;
comment on function romashka.claim_mails(integer, text, interval) is 'Takes up to batch_size mails that are due.';

create or replace function romashka.complete_mail(mail uuid, lease uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  update romashka.outgoing_mails as m set status = 'sent', lease_id = null, locked_by = null, last_error = null where m.id = mail and m.lease_id = lease;
  return found;
end $$;
comment on function romashka.complete_mail(uuid, uuid) is 'Says that a mail was handed over. False when the lease is lost.';

create or replace function romashka.fail_mail(mail uuid, lease uuid, message text, permanent boolean default false) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  now_status text;
begin
  update romashka.outgoing_mails as m set status = case when permanent or m.attempt_count >= 12 then 'dead' else 'pending' end, lease_id = null, locked_by = null,
         last_error = left(message, 2000), next_attempt_at = at + romashka.backoff(m.attempt_count, '30 seconds', '6 hours', luck)
   where m.id = mail and m.lease_id = lease returning m.status into now_status;
  return now_status;
end $$;
comment on function romashka.fail_mail(uuid, uuid, text, boolean) is 'Gives a mail back after a failed attempt: pending again, dead after twelve or when permanent. Null when the lease is lost.';

-- Repeated requests -------------------------------------------------------------------------------------------------------------

create or replace function romashka.claim_request(idempotency_key text, request_hash bytea, out id uuid, out workspace uuid, out is_new boolean, out is_same boolean,
  out response_status integer, out response_headers jsonb, out response_body text) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: nobody reads the table; the caller gets what he was answered himself.
declare
  here constant uuid := coalesce(public.current_workspace_id(), romashka.default_workspace_id());
  -- The service itself is nobody in particular.
  me constant uuid := coalesce(romashka.actor_id(), case when romashka.claims() ->> 'role' = 'service_role' then '00000000-0000-0000-0000-000000000000'::uuid end);
  kept public.idempotency_keys;
begin
  if me is null then raise exception 'who repeats a request has to sign in' using errcode = 'RM400'; end if;
  delete from public.idempotency_keys as k
   where k.workspace_id = here and k.actor_id = me and k.idempotency_key = claim_request.idempotency_key and k.created_at < pg_catalog.now() - interval '24 hours';
  -- Waits for a request with the same key that is still at work: its row is not committed yet.
  insert into public.idempotency_keys (workspace_id, actor_id, idempotency_key, request_hash) values (here, me, claim_request.idempotency_key, claim_request.request_hash)
  on conflict (workspace_id, actor_id, idempotency_key) do nothing returning idempotency_keys.id into id;
  is_new := id is not null;
  is_same := true;
  workspace := here;
  if is_new then return; end if;
  select k.* into kept from public.idempotency_keys as k
   where k.workspace_id = here and k.actor_id = me and k.idempotency_key = claim_request.idempotency_key;
  id := kept.id;
  is_same := kept.request_hash = claim_request.request_hash;
  if is_same then
    response_status := kept.response_status;
    response_headers := kept.response_headers;
    response_body := kept.response_body;
  end if;
end $$;
comment on function romashka.claim_request(text, bytea) is 'Whether a request with this key is new; if not, whether it is the same, and what was answered. Waits for one that is still at work.';

create or replace function romashka.keep_response(request uuid, workspace uuid, response_status integer, response_headers jsonb, response_body text) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: as claim_request. A request may have gone on as the service since it was claimed.
begin
  if romashka.claims() ->> 'role' is distinct from 'service_role'
     and keep_response.workspace <> coalesce(public.current_workspace_id(), romashka.default_workspace_id()) then
    raise exception 'not found' using errcode = 'RM404';
  end if;
  update public.idempotency_keys as k set response_status = keep_response.response_status, response_headers = keep_response.response_headers, response_body = keep_response.response_body
   where k.id = request and k.workspace_id = keep_response.workspace and k.response_status is null;
end $$;
comment on function romashka.keep_response(uuid, uuid, integer, jsonb, text) is 'Keeps what was answered, in the transaction of the request.';

create or replace function romashka.entitled_readers(sessions uuid[], keys uuid[], persons uuid[], visitors uuid[], workspaces uuid[])
returns table (place bigint, member_role text) language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone. The five lists are read side by side; a reader came with a session, a key, a person's token, a visitor's session, or as the service.
declare
  at constant timestamptz := pg_catalog.now();
begin
  return query
    select reader.place,
           case when reader.visitor is not null then
                  (select 'visitor' from romashka.visitor_sessions as v join public.widget_configurations as c on c.id = v.widget_id and c.workspace_id = v.workspace_id
                    where v.id = reader.visitor and v.workspace_id = reader.workspace and v.expires_at > at and c.status = 'active')
                when reader.key is not null then
                  (select k.role from public.api_keys as k where k.id = reader.key and k.workspace_id = reader.workspace
                      and k.revoked_at is null and (k.expires_at is null or k.expires_at > at))
                when reader.person is null then 'owner'
                when reader.session is null or exists (select from romashka.sessions as s where s.id = reader.session and s.user_id = reader.person
                      and s.expires_at > at and s.last_used_at + s.idle_limit > at) then
                  (select m.role::text from public.workspace_members as m where m.user_id = reader.person and m.workspace_id = reader.workspace and m.status = 'active') end
      from unnest(sessions, keys, persons, visitors, workspaces) with ordinality as reader (session, key, person, visitor, workspace, place)
     where exists (select from public.workspaces as w where w.id = reader.workspace and (reader.key is null and reader.visitor is null or w.status = 'active'));
end $$;
comment on function romashka.entitled_readers(uuid[], uuid[], uuid[], uuid[], uuid[]) is
  'Of readers with an open stream the role that each still has in its workspace: null when session, key or membership is over, no row when the workspace is gone.';

create or replace function romashka.forget_expired(batch integer default 1000) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.now();
  forgotten integer := 0;
  removed integer;
begin
  delete from public.idempotency_keys as k using (select x.id, x.workspace_id from public.idempotency_keys as x where x.created_at < at - interval '24 hours' limit batch for update skip locked) as old
   where k.id = old.id and k.workspace_id = old.workspace_id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.sessions as s using (select x.id from romashka.sessions as x where x.expires_at < at or x.last_used_at + x.idle_limit < at limit batch for update skip locked) as old where s.id = old.id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.account_tokens as t using (select x.token_hash from romashka.account_tokens as x where x.expires_at < at - interval '1 day' limit batch for update skip locked) as old
   where t.token_hash = old.token_hash;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.oidc_logins as o using (select x.id from romashka.oidc_logins as x where x.expires_at < at limit batch for update skip locked) as old where o.id = old.id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.rate_limits as l using (select x.key from romashka.rate_limits as x where x.arrival < at limit batch for update skip locked) as old where l.key = old.key;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.login_failures as f using (select x.account_hash from romashka.login_failures as x where x.last_failed_at < at - interval '1 day' limit batch for update skip locked) as old
   where f.account_hash = old.account_hash;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.visitor_sessions as v using (select x.id, x.workspace_id from romashka.visitor_sessions as x where x.expires_at < at limit batch for update skip locked) as old
   where v.id = old.id and v.workspace_id = old.workspace_id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from public.presence as p using (select x.id, x.workspace_id from public.presence as x where x.expires_at < at limit batch for update skip locked) as old
   where p.id = old.id and p.workspace_id = old.workspace_id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from romashka.outgoing_mails as m using (select x.id from romashka.outgoing_mails as x where x.status in ('sent', 'dead') and x.created_at < at - interval '30 days' limit batch for update skip locked) as old
   where m.id = old.id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  delete from public.report_runs as r using (select x.id, x.workspace_id from public.report_runs as x where x.completed_at < at - interval '90 days' limit batch for update skip locked) as old
   where r.id = old.id and r.workspace_id = old.workspace_id;
  get diagnostics removed = row_count; forgotten := forgotten + removed;
  return forgotten;
end $$;
comment on function romashka.forget_expired(integer) is 'Removes what is over: sessions, tokens, limits, kept answers, mails that were sent, reports of 90 days ago; returns how many rows.';

do $$
declare
  signature text;
begin
  perform romashka.audit_table('api_keys', array['key_hash'], array['last_used_at']);
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_function('romashka.my_membership()', 'authenticated', 'service_role');
  perform romashka.grant_function('romashka.claim_request(text, bytea)', 'authenticated', 'service_role');
  perform romashka.grant_function('romashka.keep_response(uuid, uuid, integer, jsonb, text)', 'authenticated', 'service_role');
  perform romashka.grant_function('romashka.entitled_readers(uuid[], uuid[], uuid[], uuid[], uuid[])', 'service_role');
  perform romashka.grant_function('public.create_api_key(text, bytea, text, text, text[], text, timestamptz, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.revoke_api_key(uuid, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  foreach signature in array array['start_session(uuid, bytea, interval, interval, boolean, text, inet)', 'find_session(bytea)', 'choose_workspace(uuid, uuid)', 'confirm_session(uuid)',
    'list_sessions(uuid)', 'end_sessions(uuid, uuid, uuid)', 'find_api_key(bytea)', 'find_account(text)', 'read_account(uuid)', 'set_password(uuid, text)', 'create_account(text, text, text)',
    'read_invitation(bytea)', 'keep_token(bytea, text, uuid, interval)', 'find_token(bytea, text)', 'use_token(bytea, text)', 'begin_oidc_login(uuid, bytea, bytea, text, interval)',
    'take_oidc_login(bytea, bytea)', 'join_oidc_account(text, text, text)', 'needs_setup()', 'set_up(bytea, text, text, text)',
    'offer_second_factor(uuid, uuid, text)', 'read_second_factor(uuid)', 'use_second_factor(uuid, uuid, bigint)', 'remove_second_factor(uuid)', 'keep_recovery_codes(uuid, bytea[])',
    'use_recovery_code(uuid, bytea)', 'take_allowance(text, integer, interval)', 'login_pause(bytea)', 'record_login(bytea, boolean)', 'queue_mail(uuid, text, text, text, text)',
    'claim_mails(integer, text, interval)', 'complete_mail(uuid, uuid)', 'fail_mail(uuid, uuid, text, boolean)', 'forget_expired(integer)'] loop
    perform romashka.grant_function('romashka.' || signature, 'service_role');
  end loop;
end $$;

-- ============ 30-channels/verbs ============
-- Purpose: what a visitor of a site does: begins, proves who he is, writes, reads, rates, leaves.
-- Invariants: every verb is given a session that the server found by the hash of its token; a session reaches the talks that its own visitor began at its
-- widget's channel and nothing else, whoever the customer is joined with; a proven visitor never becomes another one.
-- Who calls: the server as the service; start_widget_conversation and read_widget_conversation (90-operations) for callers of SQL.
-- Lock risk: row locks; the visitor's session is locked while he writes, so that his messages are counted one after the other.

create or replace function romashka.begin_visitor(widget_token text, token_hash bytea) returns timestamptz language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  place record;
  ends timestamptz := pg_catalog.now() + interval '30 days';
begin
  select f.workspace_id, f.widget_id into place from romashka.find_widget(widget_token) as f;
  if not found then raise exception 'no such widget' using errcode = 'RM404'; end if;
  delete from romashka.visitor_sessions as s where s.token_hash = begin_visitor.token_hash and s.widget_id = place.widget_id and s.workspace_id = place.workspace_id
    and s.expires_at <= pg_catalog.now();
  insert into romashka.visitor_sessions (workspace_id, widget_id, token_hash, visitor, expires_at)
  values (place.workspace_id, place.widget_id, begin_visitor.token_hash, 'visitor:' || gen_random_uuid(), ends)
  on conflict on constraint visitor_sessions_token_hash_key do nothing;
  return ends;
end $$;
comment on function romashka.begin_visitor(text, bytea) is 'Begins a session of a visitor of whom nothing is proven; returns when it ends.';

create or replace function romashka.find_visitor(widget_token text, token_hash bytea, out session uuid, out workspace uuid, out widget uuid, out visitor text, out user_id text,
  out email text, out configuration jsonb) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.now();
  seen timestamptz;
begin
  select s.id, s.workspace_id, s.widget_id, s.visitor, s.user_id, s.email, w.configuration, s.last_seen_at into session, workspace, widget, visitor, user_id, email, configuration, seen
    from romashka.find_widget(widget_token) as f
    join romashka.visitor_sessions as s on s.widget_id = f.widget_id and s.workspace_id = f.workspace_id
    join public.widget_configurations as w on w.id = f.widget_id and w.workspace_id = f.workspace_id
   where s.token_hash = find_visitor.token_hash and s.expires_at > at and (s.user_id is not null or not w.requires_identity);
  if found and seen < at - interval '1 minute' then perform romashka.touch_visitors(array[session]); end if;
end $$;
comment on function romashka.find_visitor(text, bytea) is 'Whose session a token is at this widget; nulls for none. Its use is noted once a minute and moves its end.';

create or replace function romashka.touch_visitors(sessions uuid[]) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone, for the streams it holds.
declare
  touched integer;
begin
  update romashka.visitor_sessions as s set last_seen_at = pg_catalog.now(),
    expires_at = pg_catalog.now() + case when s.user_id is null then interval '30 days' else interval '24 hours' end
   where s.id = any (sessions) and s.expires_at > pg_catalog.now();
  get diagnostics touched = row_count;
  return touched;
end $$;
comment on function romashka.touch_visitors(uuid[]) is 'Notes that visitors are there; returns how many.';

create or replace function romashka.end_visitor(session uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  delete from public.presence as p where p.id = session;
  delete from romashka.visitor_sessions as s where s.id = session;
end $$;
comment on function romashka.end_visitor(uuid) is 'Ends a visitor''s session; his talk stays.';

create or replace function romashka.visitor_conversations(session uuid) returns setof public.conversations language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by the visitor's verbs.
begin
  return query
    with own as (
      select c.* from romashka.visitor_sessions as s
        join public.widget_configurations as w on w.id = s.widget_id and w.workspace_id = s.workspace_id
        join public.customer_identities as i on i.workspace_id = s.workspace_id and i.channel_type = 'website' and i.external_id = s.visitor
        join public.conversations as c on c.customer_id = i.customer_id and c.workspace_id = s.workspace_id
       where s.id = session and c.channel_type = 'website' and c.external_conversation_id = s.visitor and c.channel_id is not distinct from w.channel_id)
    select * from own
    union
    -- An agent put the talk into another one of the same customer.
    select c.* from own join public.conversations as c on c.id = own.merged_into_id and c.workspace_id = own.workspace_id
     where c.channel_type = 'website' and c.customer_id = own.customer_id and c.channel_id is not distinct from own.channel_id;
end $$;
comment on function romashka.visitor_conversations(uuid) is 'The talks that a visitor began at his widget, and where an agent put them.';

create or replace function romashka.verify_visitor(widget_token text, old_hash bytea, new_hash bytea, user_id text, email text, name text, phone text, attributes jsonb, is_proven boolean,
  out expires_at timestamptz, out shown_name text) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone, which has checked the proof.
declare
  place record;
  before romashka.visitor_sessions;
  at constant timestamptz := pg_catalog.now();
  who text;
  person uuid;
  formerly uuid;
  made uuid;
begin
  select f.workspace_id, f.widget_id into place from romashka.find_widget(widget_token) as f;
  if not found then raise exception 'no such widget' using errcode = 'RM404'; end if;
  -- The secret is a widget's, and so is what it proves: another site of the workspace may count its users from one too.
  who := 'user:' || place.widget_id || ':' || verify_visitor.user_id;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('visitor ' || place.workspace_id || who, 0));
  select i.customer_id into person from public.customer_identities as i where i.workspace_id = place.workspace_id and i.channel_type = 'website' and i.external_id = who;
  if person is null then
    if is_proven and verify_visitor.email is not null then
      select p.id into person from public.customer_profiles as p
       where p.workspace_id = place.workspace_id and lower(p.email) = lower(verify_visitor.email) and p.merged_into_id is null;
    end if;
    if person is null then
      insert into public.customer_profiles (workspace_id, name, email, phone, last_interaction)
      values (place.workspace_id, verify_visitor.name, case when is_proven then verify_visitor.email end, case when is_proven then verify_visitor.phone end, at)
      on conflict do nothing returning id into made;
      if made is null then
        select p.id into made from public.customer_profiles as p
         where p.workspace_id = place.workspace_id and lower(p.email) = lower(verify_visitor.email) and p.merged_into_id is null;
      end if;
      person := made;
    end if;
    insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id, display_name, is_verified, verified_at, last_seen_at)
    values (place.workspace_id, person, 'website', who, verify_visitor.name, true, at, at);
  end if;
  update public.customer_identities as i set last_seen_at = at, display_name = coalesce(verify_visitor.name, i.display_name)
   where i.workspace_id = place.workspace_id and i.channel_type = 'website' and i.external_id = who;
  update public.customer_profiles as p set name = case when is_proven then coalesce(verify_visitor.name, p.name) else coalesce(p.name, verify_visitor.name) end,
    phone = case when is_proven then coalesce(verify_visitor.phone, p.phone) else p.phone end,
    custom_fields = p.custom_fields || coalesce(attributes, '{}') || case when verify_visitor.email is not null and lower(p.email) is distinct from lower(verify_visitor.email)
      then jsonb_build_object('claimed_email', verify_visitor.email) else '{}' end
   where p.id = person and p.workspace_id = place.workspace_id
  returning p.name into shown_name;

  select * into before from romashka.visitor_sessions as s
   where s.token_hash = old_hash and s.widget_id = place.widget_id and s.workspace_id = place.workspace_id and s.expires_at > at for update;
  if found and before.user_id is null then
    select i.customer_id into formerly from public.customer_identities as i
     where i.workspace_id = place.workspace_id and i.channel_type = 'website' and i.external_id = before.visitor;
    if formerly is not null then
      update public.messages as m set external_message_id = who || substr(m.external_message_id, length(before.visitor) + 1)
        from public.conversations as c
       where c.customer_id = formerly and c.workspace_id = place.workspace_id and c.external_conversation_id = before.visitor
         and m.conversation_id = c.id and m.workspace_id = c.workspace_id and starts_with(m.external_message_id, before.visitor || ':');
      update public.conversations as c set external_conversation_id = who, customer_id = person, user_name = coalesce(shown_name, c.user_name)
       where c.customer_id = formerly and c.workspace_id = place.workspace_id and c.external_conversation_id = before.visitor;
      delete from public.customer_identities as i where i.workspace_id = place.workspace_id and i.channel_type = 'website' and i.external_id = before.visitor;
      -- Whom an agent joined with somebody keeps what is his.
      if formerly <> person and not exists (select from public.customer_identities as i where i.customer_id = formerly and i.workspace_id = place.workspace_id)
         and not exists (select from public.conversations as c where c.customer_id = formerly and c.workspace_id = place.workspace_id) then
        update public.customer_profiles as p set merged_into_id = person where p.id = formerly and p.workspace_id = place.workspace_id and p.merged_into_id is null and p.email is null;
      end if;
    end if;
  end if;
  expires_at := at + interval '24 hours';
  insert into romashka.visitor_sessions (workspace_id, widget_id, token_hash, visitor, user_id, email, expires_at)
  values (place.workspace_id, place.widget_id, new_hash, who, verify_visitor.user_id, case when is_proven then verify_visitor.email end, expires_at) returning id into made;
  if before.id is not null then
    if before.user_id is null then
      update public.file_attachments as f set visitor_session_id = made where f.visitor_session_id = before.id and f.workspace_id = place.workspace_id;
    end if;
    perform romashka.end_visitor(before.id);
  end if;
end $$;
comment on function romashka.verify_visitor(text, bytea, bytea, text, text, text, text, jsonb, boolean) is
  'Begins the session of a proven visitor, finds or makes his customer, and ends the browser''s session before: what an unproven visitor said there is his; a proven one was somebody else.';

create or replace function romashka.take_visitor_message(session uuid, content text, visitor_name text, visitor_email text, visitor_phone text, client_message_id text,
  details jsonb default '{}', answers jsonb default '{}', files uuid[] default '{}',
  out conversation_id uuid, out message_id uuid, out created_at timestamptz, out is_new_conversation boolean, out is_duplicate boolean)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: called for a session whose token was checked.
declare
  own romashka.visitor_sessions;
  channel uuid;
  customer uuid;
  kind text := 'text';
  seen_at constant timestamptz := pg_catalog.clock_timestamp();
  external text;
begin
  select * into own from romashka.visitor_sessions as s where s.id = session for update;
  if not found then raise exception 'the session is over' using errcode = 'RM401'; end if;
  select w.channel_id into channel from public.widget_configurations as w where w.id = own.widget_id and w.workspace_id = own.workspace_id;
  external := own.visitor || ':' || client_message_id;
  is_new_conversation := false;
  is_duplicate := true;
  if external is not null then
    select m.conversation_id, m.id, m.created_at into conversation_id, message_id, created_at from public.messages as m
     where m.workspace_id = own.workspace_id and m.channel_type = 'website'
       and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce(channel, '00000000-0000-0000-0000-000000000000'::uuid) and m.external_message_id = external;
    if found then return; end if;
  end if;
  is_duplicate := false;
  set local romashka.actor_kind = 'customer';
  customer := romashka.find_customer(own.workspace_id, 'website', own.visitor, visitor_name, visitor_email, null, own.user_id is not null, seen_at);
  if visitor_name is not null or visitor_phone is not null then
    update public.customer_profiles as p set name = coalesce(p.name, visitor_name),
      custom_fields = p.custom_fields || case when visitor_phone is not null then jsonb_build_object('claimed_phone', visitor_phone) else '{}' end
     where p.id = customer and p.workspace_id = own.workspace_id and own.user_id is null;
  end if;
  if visitor_email is not null and own.user_id is null and visitor_email is distinct from own.email then
    update romashka.visitor_sessions as s set email = visitor_email where s.id = session;
  end if;
  select c.id into conversation_id from romashka.visitor_conversations(session) as c
   where c.merged_into_id is null and (c.status in ('active', 'escalated') or c.status = 'resolved' and c.resolved_at > seen_at - interval '7 days')
   order by (c.status in ('active', 'escalated')) desc, c.created_at desc limit 1;
  perform romashka.limit_visitors(own.workspace_id, customer, conversation_id is null, seen_at);
  if conversation_id is null then
    insert into public.conversations (workspace_id, customer_id, user_name, user_email, channel_type, channel_id, external_conversation_id, last_message, custom_attributes)
    values (own.workspace_id, customer, visitor_name, coalesce(visitor_email, own.email), 'website', channel, own.visitor, left(content, 10000), coalesce(answers, '{}')) returning id into conversation_id;
    is_new_conversation := true;
  elsif answers <> '{}' then
    update public.conversations as c set custom_attributes = c.custom_attributes || answers where c.id = conversation_id and c.workspace_id = own.workspace_id;
  end if;
  if cardinality(files) > 0 then
    perform from public.file_attachments as f
     where f.id = any (files) and f.workspace_id = own.workspace_id and f.visitor_session_id = session and f.message_id is null order by f.id for update;
    if (select count(*) from public.file_attachments as f where f.id = any (files) and f.workspace_id = own.workspace_id and f.visitor_session_id = session and f.message_id is null)
        <> cardinality(files) then
      raise exception 'a file is not there or was sent already' using errcode = 'RM422';
    end if;
    select case when bool_and(starts_with(f.mime_type, 'image/')) then 'image' else 'document' end into kind
      from public.file_attachments as f where f.id = any (files) and f.workspace_id = own.workspace_id;
  end if;
  insert into public.messages (workspace_id, conversation_id, sender_type, content, channel_type, channel_id, external_message_id, message_type, metadata, delivery_status, created_at)
  values (own.workspace_id, conversation_id, 'user', content, 'website', channel, external, kind, coalesce(details, '{}'), 'delivered', seen_at)
  returning id, created_at into message_id, created_at;
  if cardinality(files) > 0 then
    update public.file_attachments as f set message_id = take_visitor_message.message_id, conversation_id = take_visitor_message.conversation_id
     where f.id = any (files) and f.workspace_id = own.workspace_id;
  end if;
  delete from public.presence as p where p.id = session and p.workspace_id = own.workspace_id;
  if kind = 'text' and channel is not null then perform romashka.ask_assistant(own.workspace_id, channel, conversation_id, message_id, seen_at); end if;
end $$;
comment on function romashka.take_visitor_message(uuid, text, text, text, text, text, jsonb, jsonb, uuid[]) is
  'Stores one message of a visitor, once for each of his own ids: opens his talk or goes on with it.';

create or replace function romashka.visitor_messages(session uuid, before_at timestamptz, before_id uuid, after_at timestamptz, after_id uuid, ids uuid[], row_limit integer)
returns table (id uuid, conversation_id uuid, sender_type text, author jsonb, content text, html text, created_at timestamptz, client_message_id text, status text,
  attachments jsonb, quick_replies jsonb, sources jsonb) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone. Only what was said on the website is shown, never another channel's history and never a note.
begin
  return query
    select m.id, m.conversation_id, m.sender_type::text,
           case when m.sender_type = 'agent' and p.id is not null then jsonb_build_object('name', p.full_name, 'avatar_url', p.avatar_url)
                when m.sender_type = 'ai' then (select jsonb_build_object('name', a.name, 'avatar_url', null) from public.channel_assistants as a
                                                 where a.channel_id = m.channel_id and a.workspace_id = m.workspace_id) end,
           m.content, case when m.sender_type <> 'user' then m.metadata ->> 'html' end, m.created_at,
           case when m.sender_type = 'user' and starts_with(m.external_message_id, s.visitor || ':') then substr(m.external_message_id, length(s.visitor) + 2) end,
           case when m.sender_type <> 'user' then case when m.delivery_status in ('delivered', 'read') then m.delivery_status::text else 'sent' end
                when exists (select from public.conversation_reads as r where r.conversation_id = m.conversation_id and r.workspace_id = m.workspace_id and r.read_at >= m.created_at)
                then 'read' else 'delivered' end,
           coalesce((select jsonb_agg(jsonb_build_object('id', f.id, 'filename', f.filename, 'mime_type', f.mime_type, 'file_size', f.file_size,
                                                         'is_image', coalesce(starts_with(f.mime_type, 'image/'), false)) order by f.created_at, f.id)
                       from public.file_attachments as f where f.message_id = m.id and f.workspace_id = m.workspace_id), '[]'),
           case when m.sender_type <> 'user' and jsonb_typeof(m.metadata -> 'quick_replies') = 'array' then m.metadata -> 'quick_replies' else '[]' end,
           case when m.sender_type = 'ai' and jsonb_typeof(m.knowledge_sources) = 'array' then m.knowledge_sources else '[]' end
      from romashka.visitor_sessions as s
      cross join romashka.visitor_conversations(session) as c
      join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id and m.channel_type = 'website'
      left join public.profiles as p on p.id = m.sender_id
     where s.id = session
       and (ids is null or m.id = any (ids))
       and (before_at is null or (m.created_at, m.id) < (before_at, before_id))
       and (after_at is null or (m.created_at, m.id) > (after_at, after_id))
     order by case when after_at is not null then m.created_at end, case when after_at is not null then m.id end, m.created_at desc, m.id desc
     limit row_limit;
end $$;
comment on function romashka.visitor_messages(uuid, timestamptz, uuid, timestamptz, uuid, uuid[], integer) is
  'What was said with a visitor: what follows a place, oldest first, or else the newest before a place, newest first.';

create or replace function romashka.visitor_state(session uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  talk public.conversations;
  scale numeric;
begin
  select * into talk from romashka.visitor_conversations(session) as c where c.merged_into_id is null
   order by (c.status in ('active', 'escalated')) desc, c.created_at desc limit 1;
  if not found then
    return '{"conversation_id": null, "status": null, "unread": 0, "read_by_agent_at": null, "agent": null, "can_rate": false, "rating": null, "started_at": null}'::jsonb;
  end if;
  scale := (romashka.setting(talk.workspace_id, 'customer_satisfaction_scale') #>> '{}')::numeric;
  return jsonb_build_object('conversation_id', talk.id, 'status', talk.status,
    'unread', (select count(*) from (select from romashka.visitor_conversations(session) as c
        join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id
       where m.channel_type = 'website' and m.sender_type <> 'user' and m.delivery_status <> 'read' limit 100) as unseen),
    'read_by_agent_at', (select max(r.read_at) from public.conversation_reads as r where r.conversation_id = talk.id and r.workspace_id = talk.workspace_id),
    'agent', (select jsonb_build_object('name', p.full_name, 'avatar_url', p.avatar_url) from public.profiles as p where p.id = talk.assigned_agent_id),
    'can_rate', talk.first_response_at is not null, 'rating', case when scale = 10 then round(talk.satisfaction_score / 2) else talk.satisfaction_score end, 'started_at', talk.created_at);
end $$;
comment on function romashka.visitor_state(uuid) is 'How a visitor''s talk stands, as he may know it.';

create or replace function romashka.visitor_read(session uuid, message uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  mark record;
  latest uuid;
begin
  select m.conversation_id, m.workspace_id, m.created_at into mark from romashka.visitor_conversations(session) as c
    join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id where m.id = message and m.channel_type = 'website';
  if not found then raise exception 'no such message' using errcode = 'RM404'; end if;
  set local romashka.actor_kind = 'customer';
  with seen as (
    update public.messages as m set delivery_status = 'read'
     where m.conversation_id = mark.conversation_id and m.workspace_id = mark.workspace_id and m.channel_type = 'website' and m.sender_type <> 'user'
       and m.delivery_status <> 'read' and m.created_at <= mark.created_at
    returning m.id, m.created_at)
  select seen.id into latest from seen order by seen.created_at desc, seen.id desc limit 1;
  -- One event for all that was read at once.
  if latest is not null then
    perform romashka.record_event(mark.workspace_id, 'message.read', 'message', latest, mark.conversation_id, '{"channel_type": "website"}');
  end if;
end $$;
comment on function romashka.visitor_read(uuid, uuid) is 'A visitor has read everything up to a message. What was read stays read.';

create or replace function romashka.visitor_typing(session uuid, typing boolean) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  if not typing then
    delete from public.presence as p where p.id = session and p.user_id is null;
    return;
  end if;
  insert into public.presence as p (id, workspace_id, user_id, conversation_id, typing_until, expires_at)
  select session, c.workspace_id, null, c.id, pg_catalog.now() + interval '8 seconds', pg_catalog.now() + interval '8 seconds'
    from romashka.visitor_conversations(session) as c where c.merged_into_id is null and c.status in ('active', 'escalated') order by c.created_at desc limit 1
  on conflict (id, workspace_id) do update set conversation_id = excluded.conversation_id, typing_until = excluded.typing_until, expires_at = excluded.expires_at;
end $$;
comment on function romashka.visitor_typing(uuid, boolean) is 'Shows agents for eight seconds that a visitor types; nothing where he has no talk.';

create or replace function romashka.visitor_rate(session uuid, stars integer, comment text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  talk record;
begin
  select c.id, c.workspace_id into talk from romashka.visitor_conversations(session) as c where c.merged_into_id is null and c.first_response_at is not null
   order by (c.status in ('active', 'escalated')) desc, c.created_at desc limit 1;
  if not found then raise exception 'there is no talk to rate' using errcode = 'RM409'; end if;
  set local romashka.actor_kind = 'customer';
  perform public.rate_conversation(talk.id, case when romashka.setting(talk.workspace_id, 'customer_satisfaction_scale') = '10'::jsonb then stars * 2 else stars end, visitor_rate.comment, talk.workspace_id);
end $$;
comment on function romashka.visitor_rate(uuid, integer, text) is 'What a visitor thinks of his talk, in one to five stars; a second rating corrects the first.';

create or replace function romashka.visitor_file(session uuid, file uuid) returns setof public.file_attachments
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  return query
    select f.* from romashka.visitor_sessions as s
      join public.file_attachments as f on f.id = file and f.workspace_id = s.workspace_id
     where s.id = session
       and (f.visitor_session_id = session and f.message_id is null
         or exists (select from romashka.visitor_conversations(session) as c
              join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id and m.channel_type = 'website' where m.id = f.message_id));
end $$;
comment on function romashka.visitor_file(uuid, uuid) is 'A file of a visitor''s talk, or one that he has not sent yet.';

create or replace function romashka.typing_agents(conversations uuid[]) returns table (conversation_id uuid, name text) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone, for the talks of visitors who have a stream open.
declare
  at constant timestamptz := pg_catalog.now();
begin
  return query
    select distinct on (w.conversation_id) w.conversation_id, w.name from (
      select p.conversation_id, m.full_name as name, p.typing_until as until from public.presence as p join public.profiles as m on m.id = p.user_id
       where p.conversation_id = any (conversations) and p.typing_until > at
      union all
      -- The assistant, while it has the turn.
      select t.conversation_id, a.name, t.next_attempt_at from romashka.assistant_turns as t
        join public.conversations as c on c.id = t.conversation_id and c.workspace_id = t.workspace_id
        join public.channel_assistants as a on a.channel_id = c.channel_id and a.workspace_id = c.workspace_id
       where t.conversation_id = any (conversations) and t.status = 'answering' and t.next_attempt_at > at) as w
     order by w.conversation_id, w.until desc;
end $$;
comment on function romashka.typing_agents(uuid[]) is 'In which of these conversations an agent types now, or the assistant is about to answer, and who.';

create or replace function romashka.tell_visitor_of_reading() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the ledger is written by triggers only.
begin
  if exists (select from public.conversations as c where c.id = new.conversation_id and c.workspace_id = new.workspace_id and c.channel_type = 'website') then
    perform romashka.record_event(new.workspace_id, 'conversation.read', 'message', new.last_read_message_id, new.conversation_id);
  end if;
  return null;
end $$;
comment on function romashka.tell_visitor_of_reading() is 'Trigger: that a member has read a talk of the website further than before is an event, so that its visitor sees it.';
create or replace trigger conversation_reads_05_tell_visitor after insert on public.conversation_reads
  for each row when (new.last_read_message_id is not null) execute function romashka.tell_visitor_of_reading();
create or replace trigger conversation_reads_05_tell_visitor_on_update after update on public.conversation_reads
  for each row when (new.last_read_message_id is distinct from old.last_read_message_id and new.last_read_message_id is not null) execute function romashka.tell_visitor_of_reading();

do $$
declare
  signature text;
begin
  revoke execute on all functions in schema romashka from public;
  foreach signature in array array['begin_visitor(text, bytea)', 'find_visitor(text, bytea)', 'touch_visitors(uuid[])', 'end_visitor(uuid)', 'visitor_conversations(uuid)',
    'verify_visitor(text, bytea, bytea, text, text, text, text, jsonb, boolean)', 'take_visitor_message(uuid, text, text, text, text, text, jsonb, jsonb, uuid[])',
    'visitor_messages(uuid, timestamptz, uuid, timestamptz, uuid, uuid[], integer)', 'visitor_state(uuid)', 'visitor_read(uuid, uuid)', 'visitor_typing(uuid, boolean)',
    'visitor_rate(uuid, integer, text)', 'visitor_file(uuid, uuid)', 'typing_agents(uuid[])'] loop
    perform romashka.grant_function('romashka.' || signature, 'service_role');
  end loop;
end $$;

-- ============ 40-conversations/verbs ============
-- Purpose: what people, channels, workflows and the assistant do with conversations: one function for each verb, used by every writer.
-- Invariants: a verb is one transaction's work and checks the workspace first; what arrives twice is stored once.
-- Lock risk: row locks; an identity's row is locked while its message is taken in, so that two first messages make one conversation.

create or replace function romashka.find_customer(workspace uuid, channel text, external text, name text, email text, phone text, verified boolean, seen_at timestamptz,
  out customer uuid) language plpgsql security definer set search_path = '' as $$
-- Definer: called by verbs that have checked the workspace.
declare
  identity public.customer_identities;
  made uuid;
begin
  select * into identity from public.customer_identities as i
   where i.workspace_id = workspace and i.channel_type = channel and i.external_id = external for update;
  if not found then
    -- An address somebody typed is a claim: only the email channel, where the address is the identity itself, may fill the unique column.
    insert into public.customer_profiles (workspace_id, name, email, phone, last_interaction)
    values (workspace, name, case when channel = 'email' and not exists (select from public.customer_profiles as p where p.workspace_id = workspace and lower(p.email) = lower(external) and p.merged_into_id is null) then external end,
      coalesce(phone, case when channel in ('whatsapp', 'sms') then external end), seen_at)
    on conflict do nothing returning id into made;
    if made is null then
      select p.id into made from public.customer_profiles as p where p.workspace_id = workspace and lower(p.email) = lower(external) and p.merged_into_id is null;
    elsif channel = 'email' and (select p.email is null from public.customer_profiles as p where p.id = made and p.workspace_id = workspace) then
      delete from public.customer_profiles as p where p.id = made and p.workspace_id = workspace;
      select p.id into made from public.customer_profiles as p where p.workspace_id = workspace and lower(p.email) = lower(external) and p.merged_into_id is null;
    end if;
    insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id, display_name, is_verified, verified_at, last_seen_at)
    values (workspace, made, channel, external, name, coalesce(verified, false), case when verified then seen_at end, seen_at)
    on conflict (workspace_id, channel_type, external_id) do nothing;
    if not found then
      delete from public.customer_profiles as p where p.id = made and p.workspace_id = workspace
        and not exists (select from public.customer_identities as i where i.customer_id = made and i.workspace_id = workspace)
        and p.total_conversations = 0;
    end if;
    select * into identity from public.customer_identities as i
     where i.workspace_id = workspace and i.channel_type = channel and i.external_id = external for update;
  end if;
  update public.customer_identities as i set last_seen_at = greatest(i.last_seen_at, seen_at), is_verified = i.is_verified or coalesce(verified, false),
    verified_at = coalesce(i.verified_at, case when verified then seen_at end), display_name = coalesce(find_customer.name, i.display_name)
   where i.id = identity.id and i.workspace_id = workspace;
  customer := identity.customer_id;
  if email is not null and channel <> 'email' then
    update public.customer_profiles as p set custom_fields = p.custom_fields || jsonb_build_object('claimed_email', find_customer.email)
     where p.id = customer and p.workspace_id = workspace and p.email is distinct from find_customer.email
       and p.custom_fields ->> 'claimed_email' is distinct from find_customer.email;
  end if;
end $$;
comment on function romashka.find_customer(uuid, text, text, text, text, text, boolean, timestamptz) is
  'The customer known by an id on a channel, made when new, with the identity''s row locked. An email typed elsewhere is kept as claimed and never joins histories.';

create or replace function public.ingest_message(
  channel_type text, external_customer_id text, content text,
  external_message_id text default null, channel_id uuid default null,
  customer_name text default null, customer_email text default null, customer_phone text default null,
  thread_keys text[] default '{}', subject text default null, message_type text default 'text',
  metadata jsonb default '{}', occurred_at timestamptz default null, language text default null,
  is_quiet boolean default false, is_verified boolean default false, sender_type text default 'user', sender_id uuid default null,
  opens_conversation boolean default null, attachments jsonb default '[]', workspace uuid default public.current_workspace_id(),
  out customer_id uuid, out conversation_id uuid, out message_id uuid, out is_new_conversation boolean, out is_duplicate boolean)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: finds conversations and identities across agents; the workspace is checked first.
declare
  seen_at constant timestamptz := coalesce(occurred_at, pg_catalog.clock_timestamp());
  place constant uuid := coalesce(channel_id, '00000000-0000-0000-0000-000000000000'::uuid);
  external_customer constant text := case when channel_type in ('email') then lower(trim(external_customer_id)) else trim(external_customer_id) end;
  threaded constant boolean := channel_type = 'email';
  found_conversation record;
  hops integer := 0;
  file jsonb;
  telling text;
  expected text;
  telling_keys text[];
  own_keys text[] := array(select u.k from unnest(coalesce(thread_keys, '{}') || case when external_message_id is null then '{}'::text[] else array[external_message_id] end)
                              with ordinality as u (k, n) where u.k <> '' and length(u.k) <= 1000 group by u.k order by min(u.n));
begin
  perform romashka.require_role(workspace, 'agent');
  if content is null or external_customer = '' or external_customer is null then
    raise exception 'a message needs a sender and a content' using errcode = 'RM400';
  end if;
  customer_id := romashka.find_customer(workspace, channel_type, external_customer, customer_name, customer_email, customer_phone, is_verified, seen_at);
  if external_message_id is not null then
    select m.id, m.conversation_id into message_id, conversation_id from public.messages as m
     where m.workspace_id = workspace and m.channel_type = ingest_message.channel_type
       and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = place and m.external_message_id = ingest_message.external_message_id;
    if found then
      is_duplicate := true;
      is_new_conversation := false;
      return;
    end if;
  end if;
  is_duplicate := false;
  is_new_conversation := false;
  if threaded then telling_keys := own_keys; else expected := 'customer:' || customer_id; telling_keys := own_keys || expected; end if;
  -- The thread: what the channel refers to, newest reference first; else, on channels that have no threads, the talk that is going on.
  if cardinality(own_keys) > 0 then
    select t.conversation_id, t.thread_key into conversation_id, telling from public.conversation_thread_keys as t
     where t.workspace_id = workspace and t.channel_type = ingest_message.channel_type and t.channel_id = place and t.thread_key = any (telling_keys)
     order by array_position(telling_keys, t.thread_key) limit 1;
    -- Found by nothing but that an agent wrote to him from another talk: only while that was the last he heard here.
    -- A null here would not spare the question.
    if telling is not null and telling = expected then
      if not romashka.is_expected(workspace, customer_id, ingest_message.channel_type, ingest_message.channel_id, conversation_id, telling, seen_at) then
        conversation_id := null;
      end if;
    end if;
  end if;
  if conversation_id is null and not threaded then
    select c.id into conversation_id from public.conversations as c
     where c.customer_id = ingest_message.customer_id and c.workspace_id = workspace and c.channel_type = ingest_message.channel_type
       and c.channel_id is not distinct from ingest_message.channel_id and c.merged_into_id is null
       and (c.status in ('active', 'escalated') or c.status = 'resolved' and c.resolved_at > seen_at - interval '7 days')
     order by (c.status in ('active', 'escalated')) desc, c.created_at desc limit 1;
  end if;
  -- A merged conversation leads to the one that stays.
  while conversation_id is not null and hops < 10 loop
    select c.id, c.merged_into_id into found_conversation from public.conversations as c where c.id = conversation_id and c.workspace_id = workspace;
    exit when found_conversation.merged_into_id is null;
    conversation_id := found_conversation.merged_into_id;
    hops := hops + 1;
  end loop;
  if conversation_id is null then
    -- The words are in the preview, for rules that ask for them; the message itself puts its own there.
    insert into public.conversations (workspace_id, customer_id, user_name, user_email, channel_type, channel_id, subject, customer_phone, language, created_at, last_message_at, last_message, status)
    values (workspace, ingest_message.customer_id, customer_name, coalesce(customer_email, case when ingest_message.channel_type = 'email' then external_customer end),
      ingest_message.channel_type, ingest_message.channel_id, subject, coalesce(customer_phone, case when ingest_message.channel_type in ('whatsapp', 'sms') then external_customer end),
      coalesce(language, 'en'), seen_at, seen_at, left(content, 10000), case when coalesce(opens_conversation, not is_quiet) then 'active' else 'closed' end)
    returning id into conversation_id;
    is_new_conversation := true;
  end if;
  insert into public.messages (workspace_id, conversation_id, sender_type, sender_id, content, channel_type, channel_id, external_message_id, message_type, metadata, language, is_quiet,
    delivery_status, created_at)
  values (workspace, conversation_id, ingest_message.sender_type, ingest_message.sender_id, replace(content, E'\x01', ''), ingest_message.channel_type, ingest_message.channel_id,
    ingest_message.external_message_id, ingest_message.message_type, coalesce(metadata, '{}'), ingest_message.language, coalesce(ingest_message.is_quiet, false),
    case when ingest_message.sender_type = 'user' then 'delivered' else 'sent' end, seen_at)
  returning id into message_id;
  if cardinality(own_keys) > 0 then
    insert into public.conversation_thread_keys (workspace_id, conversation_id, channel_type, channel_id, thread_key)
    select workspace, ingest_message.conversation_id, ingest_message.channel_type, place, k from unnest(own_keys) as k order by k
    on conflict (workspace_id, channel_type, channel_id, thread_key) do nothing;
  end if;
  for file in select * from jsonb_array_elements(coalesce(attachments, '[]')) loop
    insert into public.file_attachments (workspace_id, conversation_id, message_id, filename, file_path, file_size, mime_type, file_hash, content_id, storage_provider)
    values (workspace, ingest_message.conversation_id, ingest_message.message_id, file ->> 'filename', file ->> 'file_path', (file ->> 'file_size')::bigint, file ->> 'mime_type',
      file ->> 'file_hash', file ->> 'content_id', coalesce(file ->> 'storage_provider', 'local'));
  end loop;
  -- It answers people: neither programs' mails, nor a picture without words.
  if sender_type = 'user' and message_type = 'text' and channel_id is not null and is_quiet is distinct from true and content <> '' then
    perform romashka.ask_assistant(workspace, channel_id, conversation_id, message_id, seen_at);
  end if;
end $$;
comment on function public.ingest_message is
  'Takes in one message from a channel: finds or makes the customer, finds or opens the conversation, stores the message and its files once. thread_keys: ids the message refers to, most telling first.';

create or replace function public.remember_thread_keys(conversation uuid, channel uuid, keys text[], workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, which makes the ids of what it sends.
begin
  insert into public.conversation_thread_keys (workspace_id, conversation_id, channel_type, channel_id, thread_key)
  select c.workspace_id, c.id, coalesce((select x.type from public.communication_channels as x where x.id = channel and x.workspace_id = workspace), c.channel_type),
         coalesce(channel, '00000000-0000-0000-0000-000000000000'::uuid), k.thread_key
    from public.conversations as c cross join unnest(keys) as k (thread_key)
   where c.id = conversation and c.workspace_id = workspace order by k.thread_key
  on conflict (workspace_id, channel_type, channel_id, thread_key) do nothing;
end $$;
comment on function public.remember_thread_keys(uuid, uuid, text[], uuid) is 'Says, before a message leaves, by which ids an answer to it will refer to the conversation.';

create or replace function romashka.store_answer(workspace uuid, target public.conversations, sender uuid, content text, sender_type text, message_type text, metadata jsonb,
  confidence_score numeric, knowledge_sources jsonb, client_message_id text) returns uuid language plpgsql set search_path = '' as $$
declare
  message uuid;
begin
  insert into public.messages (workspace_id, conversation_id, sender_type, sender_id, content, channel_type, channel_id, message_type, metadata, confidence_score, knowledge_sources,
    delivery_status, language, external_message_id)
  values (workspace, target.id, store_answer.sender_type, sender, store_answer.content, target.channel_type, target.channel_id,
    store_answer.message_type, coalesce(store_answer.metadata, '{}'), store_answer.confidence_score, coalesce(store_answer.knowledge_sources, '{}'),
    case when target.channel_type = 'website' then 'sent' else 'queued' end, target.language, 'client:' || client_message_id)
  returning id into message;
  if target.channel_type = 'website' then
    perform romashka.plan_unread_mail(workspace, target.id, target.channel_id, message);
  else
    -- With the sender's waits that is about eight hours, longer than a provider is away; for mail three days, as mail servers do it.
    insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, delivery_status, max_retries)
    values (workspace, message, target.channel_type, 'queued', case when target.channel_type = 'email' then 12 else 7 end);
  end if;
  return message;
end $$;
comment on function romashka.store_answer(uuid, public.conversations, uuid, text, text, text, jsonb, numeric, jsonb, text) is
  'Stores an answer and puts it on the delivery queue of its channel. For verbs that have checked the workspace.';

create or replace function public.send_message(conversation uuid, content text, sender_type text default 'agent', message_type text default 'text', metadata jsonb default '{}',
  confidence_score numeric default null, knowledge_sources jsonb default '{}', client_message_id text default null, workspace uuid default public.current_workspace_id(),
  by_channel_type text default null, by_channel uuid default null)
returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: puts the delivery on the queue; the workspace is checked first.
declare
  target public.conversations;
  message uuid;
  place record;
begin
  perform romashka.require_role(workspace, 'agent');
  select * into target from public.conversations as c where c.id = conversation and c.workspace_id = workspace;
  if not found then raise exception 'no such conversation' using errcode = 'RM404'; end if;
  if target.merged_into_id is not null then raise exception 'this conversation was merged into another' using errcode = 'RM409'; end if;
  if sender_type not in ('agent', 'ai') then raise exception 'only an agent or the assistant sends' using errcode = 'RM400'; end if;
  -- Said already, by whichever channel: neither the choice of one nor a refusal of today makes it unsaid.
  if client_message_id is not null then
    select m.id into message from public.messages as m where m.workspace_id = workspace and m.conversation_id = target.id
       and m.external_message_id = 'client:' || client_message_id;
    if found then return message; end if;
  end if;
  place := romashka.place_answer(target, by_channel_type, by_channel, send_message.message_type);
  target.channel_type := place.channel_type;
  target.channel_id := place.channel_id;
  if place.refusal is not null then raise exception '%', place.refusal using errcode = 'RM422'; end if;
  if place.is_elsewhere then perform romashka.expect_answer(workspace, target.id, target.customer_id, target.channel_type, target.channel_id); end if;
  return romashka.store_answer(workspace, target, case when send_message.sender_type = 'agent' then (select p.id from public.profiles as p where p.id = romashka.current_user_id()) end,
    send_message.content, send_message.sender_type, send_message.message_type, send_message.metadata, send_message.confidence_score, send_message.knowledge_sources, client_message_id);
end $$;
comment on function public.send_message is 'Answers in a conversation: stores the message and puts it on the delivery queue of its channel, in one commit. The same client_message_id sends once.
by_channel or by_channel_type: another channel by which the customer can be reached (reply_channels); his answer there comes into this conversation.';

create or replace function public.schedule_message(conversation uuid, content text, send_at timestamptz, message_type text default 'text', metadata jsonb default '{}',
  workspace uuid default public.current_workspace_id()) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes the table himself; the workspace is checked first.
declare
  made uuid;
begin
  perform romashka.require_role(workspace, 'agent');
  if not exists (select from public.conversations as c where c.id = conversation and c.workspace_id = workspace) then
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
  if schedule_message.content is null or schedule_message.content = '' then raise exception 'a message needs a content' using errcode = 'RM400'; end if;
  if schedule_message.send_at is null or schedule_message.send_at <= pg_catalog.now() then raise exception 'the time lies in the past' using errcode = 'RM422'; end if;
  insert into public.scheduled_messages (workspace_id, conversation_id, sender_id, content, message_type, metadata, send_at)
  values (workspace, conversation, (select p.id from public.profiles as p where p.id = romashka.current_user_id()), schedule_message.content, schedule_message.message_type,
    coalesce(schedule_message.metadata, '{}'), schedule_message.send_at)
  returning id into made;
  return made;
end $$;
comment on function public.schedule_message(uuid, text, timestamptz, text, jsonb, uuid) is 'Keeps an answer that is to be sent later. Until then it can be taken back with cancel_scheduled_message.';

create or replace function public.cancel_scheduled_message(message uuid, workspace uuid default public.current_workspace_id()) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: as schedule_message.
declare
  standing text;
begin
  perform romashka.require_role(workspace, 'agent');
  select s.status into standing from public.scheduled_messages as s where s.id = message and s.workspace_id = workspace for update;
  if not found then raise exception 'no such message' using errcode = 'RM404'; end if;
  if standing not in ('scheduled', 'cancelled') then raise exception 'the message is not waiting any more' using errcode = 'RM409'; end if;
  update public.scheduled_messages as s set status = 'cancelled' where s.id = message and s.workspace_id = workspace and s.status = 'scheduled';
end $$;
comment on function public.cancel_scheduled_message(uuid, uuid) is 'Takes an answer back that was to be sent later. Twice changes nothing.';

create or replace function public.send_due_messages(batch_size integer default 200) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: a scheduler's work over every workspace; executable by the service only.
declare
  due public.scheduled_messages;
  target public.conversations;
  place record;
  message uuid;
  sent integer := 0;
begin
  for due in select s.* from public.scheduled_messages as s where s.status = 'scheduled' and s.send_at <= pg_catalog.now() order by s.send_at limit batch_size for update skip locked loop
    select * into target from public.conversations as c where c.id = due.conversation_id and c.workspace_id = due.workspace_id;
    if target.merged_into_id is not null then
      select * into target from public.conversations as c where c.id = target.merged_into_id and c.workspace_id = due.workspace_id;
    end if;
    if target.merged_into_id is not null then
      update public.scheduled_messages as s set status = 'failed', error_message = 'the conversation was merged into another' where s.id = due.id and s.workspace_id = due.workspace_id;
      continue;
    end if;
    begin
      place := romashka.place_answer(target, null, null, due.message_type);
      target.channel_type := place.channel_type;
      target.channel_id := place.channel_id;
      if place.refusal is not null then raise exception '%', place.refusal using errcode = 'RM422'; end if;
      set local romashka.actor_kind = 'agent';
      if place.is_elsewhere then perform romashka.expect_answer(due.workspace_id, target.id, target.customer_id, target.channel_type, target.channel_id); end if;
      message := romashka.store_answer(due.workspace_id, target, due.sender_id, due.content, 'agent', due.message_type, due.metadata, null, null, null);
      set local romashka.actor_kind = '';
    exception
      when deadlock_detected or serialization_failure then raise;
      when others then -- One that cannot be stored must not stand in the way of the others for ever.
        update public.scheduled_messages as s set status = 'failed', error_message = left(sqlerrm, 2000) where s.id = due.id and s.workspace_id = due.workspace_id;
        continue;
    end;
    update public.scheduled_messages as s set status = 'sent', message_id = message where s.id = due.id and s.workspace_id = due.workspace_id;
    sent := sent + 1;
  end loop;
  return sent;
end $$;
comment on function public.send_due_messages(integer) is 'Sends the answers whose time has come; returns how many.';

create or replace function romashka.change_status(conversation uuid, new_status text) returns void language plpgsql set search_path = '' as $$
begin
  update public.conversations as c set status = new_status, updated_at = pg_catalog.now()
   where c.id = conversation and c.workspace_id = any (array[public.current_workspace_id()]) and c.merged_into_id is null;
  if not found then
    if exists (select from public.conversations as c where c.id = conversation and c.merged_into_id is not null) then
      raise exception 'this conversation was merged into another' using errcode = 'RM409';
    end if;
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
end $$;
comment on function romashka.change_status(uuid, text) is 'Sets the status of a conversation under the caller''s policies.';

create or replace function public.resolve_conversation(conversation uuid, resolution_type text default null, new_status text default 'resolved') returns void language plpgsql set search_path = '' as $$
begin
  if new_status not in ('resolved', 'closed') then raise exception 'resolved or closed' using errcode = 'RM400'; end if;
  if resolution_type is not null then
    if resolution_type not in ('solved', 'escalated', 'abandoned', 'spam') then raise exception 'solved, escalated, abandoned or spam' using errcode = 'RM400'; end if;
    execute format('set local romashka.resolution_type = %L', resolution_type);
  end if;
  perform romashka.change_status(conversation, new_status);
  set local romashka.resolution_type = '';
end $$;
comment on function public.resolve_conversation(uuid, text, text) is 'Resolves (or closes) a conversation; who did it comes from the context. Resolving twice changes nothing.';

create or replace function public.reopen_conversation(conversation uuid) returns void language plpgsql set search_path = '' as $$
begin
  perform romashka.change_status(conversation, 'active');
end $$;
comment on function public.reopen_conversation(uuid) is 'Opens a resolved or closed conversation again, with the agent it had.';

create or replace function public.assign_conversation(conversation uuid, agent uuid default null, team uuid default null) returns uuid language plpgsql set search_path = '' as $$
declare
  chosen uuid := agent;
  target public.conversations;
begin
  select * into target from public.conversations as c where c.id = conversation and c.workspace_id = public.current_workspace_id() for update;
  if not found then raise exception 'no such conversation' using errcode = 'RM404'; end if;
  if agent is null and team is null then
    chosen := romashka.pick_free_agent(target.workspace_id, target.team_id, target.department,
      case when target.status in ('active', 'escalated') then target.assigned_agent_id end);
  end if;
  update public.conversations as c set assigned_agent_id = case when assign_conversation.team is null or agent is not null then chosen end,
    team_id = coalesce(assign_conversation.team, c.team_id), updated_at = pg_catalog.now()
   where c.id = conversation and c.workspace_id = target.workspace_id;
  return chosen;
end $$;
comment on function public.assign_conversation(uuid, uuid, uuid) is 'Gives a conversation to an agent, to a team (its queue), or, with neither, to whoever is free. Returns the agent.';

create or replace function romashka.pick_free_agent(workspace uuid, team uuid, department text, leaving uuid default null) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: sees the load of every agent.
begin
  perform romashka.require_role(workspace, 'agent');
  return romashka.pick_agent(workspace, team, department, leaving);
end $$;
comment on function romashka.pick_free_agent(uuid, uuid, text, uuid) is 'pick_agent for verbs that run with the caller''s rights.';

create or replace function public.snooze_conversation(conversation uuid, until timestamptz) returns void language plpgsql set search_path = '' as $$
begin
  if until is not null and until <= pg_catalog.now() then raise exception 'the time lies in the past' using errcode = 'RM400'; end if;
  update public.conversations as c set snoozed_until = until, updated_at = pg_catalog.now()
   where c.id = conversation and c.workspace_id = public.current_workspace_id() and c.status in ('active', 'escalated');
  if not found then raise exception 'no such open conversation' using errcode = 'RM404'; end if;
end $$;
comment on function public.snooze_conversation(uuid, timestamptz) is 'Puts an open conversation aside until a time; a message of the customer wakes it. Null wakes it now.';

create or replace function public.wake_conversations(batch_size integer default 500) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: a scheduler's work over every workspace; executable by the service only.
declare
  woken integer;
  at constant timestamptz := pg_catalog.now();
begin
  with due as (select c.id, c.workspace_id from public.conversations as c where c.snoozed_until <= at order by c.snoozed_until limit batch_size for update skip locked)
  update public.conversations as c set snoozed_until = null, updated_at = at from due where c.id = due.id and c.workspace_id = due.workspace_id;
  get diagnostics woken = row_count;
  return woken;
end $$;
comment on function public.wake_conversations(integer) is 'Wakes conversations whose snooze is over; returns how many.';

create or replace function public.transfer_conversation(conversation uuid, to_agent uuid, reason text default null, transfer_type text default 'manual', valid_for interval default '1 hour')
returns uuid language plpgsql set search_path = '' as $$
declare
  target public.conversations;
  transfer uuid;
  at constant timestamptz := pg_catalog.now();
begin
  select * into target from public.conversations as c where c.id = conversation and c.workspace_id = public.current_workspace_id() for update;
  if not found then raise exception 'no such conversation' using errcode = 'RM404'; end if;
  if target.status not in ('active', 'escalated') then raise exception 'only an open conversation is transferred' using errcode = 'RM409'; end if;
  if target.assigned_agent_id = to_agent then raise exception 'the conversation is with this agent already' using errcode = 'RM409'; end if;
  perform romashka.ensure_member(target.workspace_id, to_agent);
  insert into public.conversation_transfers (workspace_id, conversation_id, from_agent_id, to_agent_id, transfer_reason, transfer_type, expires_at)
  values (target.workspace_id, conversation, target.assigned_agent_id, to_agent, reason, transfer_conversation.transfer_type, at + valid_for) returning id into transfer;
  return transfer;
end $$;
comment on function public.transfer_conversation(uuid, uuid, text, text, interval) is 'Asks another agent to take a conversation over; it stays where it is until he accepts. Returns the transfer.';

create or replace function romashka.supersede_transfer() returns trigger language plpgsql set search_path = '' as $$
begin
  update public.conversation_transfers as t set status = 'expired' where t.conversation_id = new.conversation_id and t.workspace_id = new.workspace_id and t.status = 'pending';
  return new;
end $$;
comment on function romashka.supersede_transfer() is 'Trigger: who asks for a transfer takes back what was asked for the same conversation before.';
create or replace trigger conversation_transfers_10_supersede before insert on public.conversation_transfers for each row
  when (new.status = 'pending') execute function romashka.supersede_transfer();

create or replace function public.accept_transfer(transfer uuid) returns void language plpgsql set search_path = '' as $$
declare
  asked public.conversation_transfers;
begin
  select * into asked from public.conversation_transfers as t where t.id = transfer and t.workspace_id = public.current_workspace_id() for update;
  if not found then raise exception 'no such transfer' using errcode = 'RM404'; end if;
  if asked.status <> 'pending' or asked.expires_at <= pg_catalog.now() then raise exception 'the transfer is not open any more' using errcode = 'RM409'; end if;
  if romashka.actor_kind() = 'agent' and romashka.current_user_id() <> asked.to_agent_id then
    raise exception 'only the agent who was asked accepts' using errcode = 'RM403';
  end if;
  update public.conversations as c set assigned_agent_id = asked.to_agent_id, updated_at = pg_catalog.now()
   where c.id = asked.conversation_id and c.workspace_id = asked.workspace_id and c.status in ('active', 'escalated');
  if not found then raise exception 'the conversation is not open any more' using errcode = 'RM409'; end if;
  update public.conversation_transfers as t set status = 'accepted', accepted_at = pg_catalog.now() where t.id = transfer and t.workspace_id = asked.workspace_id and t.status = 'pending';
end $$;
comment on function public.accept_transfer(uuid) is 'Takes over a conversation one was asked to.';

create or replace function public.reject_transfer(transfer uuid, reason text default null) returns void language plpgsql set search_path = '' as $$
begin
  update public.conversation_transfers as t set status = 'rejected', rejected_at = pg_catalog.now(),
    transfer_reason = concat_ws(' | ', t.transfer_reason, reject_transfer.reason)
   where t.id = transfer and t.workspace_id = public.current_workspace_id() and t.status = 'pending';
  if not found then raise exception 'no such open transfer' using errcode = 'RM404'; end if;
end $$;
comment on function public.reject_transfer(uuid, text) is 'Declines a transfer; the conversation stays where it is.';

create or replace function public.expire_transfers(batch_size integer default 500) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: a scheduler's work over every workspace; executable by the service only.
declare
  expired integer;
begin
  with due as (select t.id, t.workspace_id from public.conversation_transfers as t where t.status = 'pending' and t.expires_at <= pg_catalog.now() limit batch_size for update skip locked)
  update public.conversation_transfers as t set status = 'expired' from due where t.id = due.id and t.workspace_id = due.workspace_id;
  get diagnostics expired = row_count;
  return expired;
end $$;
comment on function public.expire_transfers(integer) is 'Ends transfers nobody answered in time; returns how many.';

create or replace function public.rate_conversation(conversation uuid, score numeric, comment text default null, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: the rating is the customer's; the channel that carries it has checked who he is.
declare
  scale constant numeric := coalesce((romashka.setting(workspace, 'customer_satisfaction_scale') #>> '{}')::numeric, 5);
begin
  perform romashka.require_role(workspace, 'agent');
  if score is null or score < 1 or score > scale then
    raise exception 'a rating lies between 1 and %', scale using errcode = 'RM400';
  end if;
  update public.conversations as c set satisfaction_score = score, satisfaction_comment = coalesce(rate_conversation.comment, c.satisfaction_comment),
    rated_at = pg_catalog.now(), updated_at = pg_catalog.now()
   where c.id = conversation and c.workspace_id = workspace;
  if not found then raise exception 'no such conversation' using errcode = 'RM404'; end if;
end $$;
comment on function public.rate_conversation(uuid, numeric, text, uuid) is 'Records what the customer thinks of a conversation, on the workspace''s scale; a second rating corrects the first.';

create or replace function public.mark_read(conversation uuid, message uuid default null) returns void language plpgsql set search_path = '' as $$
declare
  target public.conversations;
begin
  select * into target from public.conversations as c where c.id = conversation and c.workspace_id = public.current_workspace_id();
  if not found then raise exception 'no such conversation' using errcode = 'RM404'; end if;
  insert into public.conversation_reads as r (workspace_id, conversation_id, user_id, read_at, last_read_message_id)
  values (target.workspace_id, conversation, romashka.current_user_id(), pg_catalog.clock_timestamp(), coalesce(message, target.last_message_id))
  on conflict (conversation_id, workspace_id, user_id) do update set read_at = greatest(r.read_at, excluded.read_at), last_read_message_id = excluded.last_read_message_id;
end $$;
comment on function public.mark_read(uuid, uuid) is 'Marks a conversation as read by the one who asks.';

create or replace function public.merge_conversations(source uuid, target uuid, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: moves messages of both; the workspace is checked first.
declare
  at constant timestamptz := pg_catalog.now();
begin
  perform romashka.require_role(workspace, 'agent');
  if source = target then raise exception 'a conversation is not merged into itself' using errcode = 'RM400'; end if;
  perform from public.conversations as c where c.id in (source, target) and c.workspace_id = workspace order by c.id for update;
  if (select count(*) from public.conversations as c where c.id in (source, target) and c.workspace_id = workspace) < 2 then
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
  if exists (select from public.conversations as c where c.id in (source, target) and c.workspace_id = workspace and c.merged_into_id is not null) then
    raise exception 'one of the two was merged before' using errcode = 'RM409';
  end if;
  update public.messages as m set conversation_id = target, metadata = m.metadata || jsonb_build_object('merged_from', source)
   where m.conversation_id = source and m.workspace_id = workspace;
  update public.file_attachments as f set conversation_id = target where f.conversation_id = source and f.workspace_id = workspace;
  update public.conversation_thread_keys as t set conversation_id = target where t.conversation_id = source and t.workspace_id = workspace;
  update public.conversations as c set merged_into_id = target, merged_at = at, status = 'closed', updated_at = at where c.id = source and c.workspace_id = workspace;
  perform romashka.recount_conversation(workspace, least(source, target));
  perform romashka.recount_conversation(workspace, greatest(source, target));
end $$;
comment on function public.merge_conversations(uuid, uuid, uuid) is 'Puts one conversation''s messages into another; the first stays as a pointer and can be taken out again by unmerge_conversation.';

create or replace function public.unmerge_conversation(source uuid, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: as merge_conversations.
declare
  target uuid;
  at constant timestamptz := pg_catalog.now();
begin
  perform romashka.require_role(workspace, 'agent');
  select c.merged_into_id into target from public.conversations as c where c.id = source and c.workspace_id = workspace;
  if target is null then raise exception 'this conversation is not merged' using errcode = 'RM409'; end if;
  perform from public.conversations as c where c.id in (source, target) and c.workspace_id = workspace order by c.id for update;
  update public.conversations as c set merged_into_id = null, merged_at = null, status = 'active', updated_at = at where c.id = source and c.workspace_id = workspace;
  update public.file_attachments as f set conversation_id = source from public.messages as m
   where m.id = f.message_id and m.workspace_id = workspace and f.workspace_id = workspace and m.conversation_id = target and m.metadata ->> 'merged_from' = source::text;
  update public.conversation_thread_keys as t set conversation_id = source from public.messages as m
   where t.conversation_id = target and t.workspace_id = workspace and m.conversation_id = target and m.workspace_id = workspace
     and m.external_message_id = t.thread_key and m.metadata ->> 'merged_from' = source::text;
  update public.messages as m set conversation_id = source, metadata = m.metadata - 'merged_from'
   where m.conversation_id = target and m.workspace_id = workspace and m.metadata ->> 'merged_from' = source::text;
  perform romashka.recount_conversation(workspace, least(source, target));
  perform romashka.recount_conversation(workspace, greatest(source, target));
end $$;
comment on function public.unmerge_conversation(uuid, uuid) is 'Takes a merged conversation out again, with the messages it brought.';

create or replace function public.merge_customers(source uuid, target uuid, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: moves identities and conversations; the workspace is checked first.
begin
  perform romashka.require_role(workspace, 'agent');
  if source = target then raise exception 'a customer is not merged into himself' using errcode = 'RM400'; end if;
  perform from public.customer_profiles as p where p.id in (source, target) and p.workspace_id = workspace order by p.id for update;
  if (select count(*) from public.customer_profiles as p where p.id in (source, target) and p.workspace_id = workspace and p.merged_into_id is null) < 2 then
    raise exception 'no such customer' using errcode = 'RM404';
  end if;
  update public.conversations as c set customer_id = target, updated_at = pg_catalog.now() where c.customer_id = source and c.workspace_id = workspace;
  update public.customer_identities as i set customer_id = target where i.customer_id = source and i.workspace_id = workspace;
  insert into public.customer_channel_preferences (workspace_id, customer_id, channel_type, is_preferred, opt_in, opt_in_at, opt_in_source, last_interaction)
  select p.workspace_id, target, p.channel_type, p.is_preferred and not exists (select from public.customer_channel_preferences as own
    where own.customer_id = target and own.workspace_id = p.workspace_id and own.is_preferred), p.opt_in, p.opt_in_at, p.opt_in_source, p.last_interaction from public.customer_channel_preferences as p
   where p.customer_id = source and p.workspace_id = workspace
  on conflict (customer_id, workspace_id, channel_type) do update set opt_in = public.customer_channel_preferences.opt_in and excluded.opt_in,
    opt_in_at = case when public.customer_channel_preferences.opt_in and not excluded.opt_in then excluded.opt_in_at else public.customer_channel_preferences.opt_in_at end,
    opt_in_source = case when public.customer_channel_preferences.opt_in and not excluded.opt_in then excluded.opt_in_source else public.customer_channel_preferences.opt_in_source end;
  delete from public.conversation_thread_keys as t where t.workspace_id = workspace and t.thread_key = 'customer:' || source;
  update public.customer_profiles as p set merged_into_id = target where p.id = source and p.workspace_id = workspace;
  update public.customer_profiles as p set email = coalesce(p.email, s.email), name = coalesce(p.name, s.name), phone = coalesce(p.phone, s.phone),
    company = coalesce(p.company, s.company), tags = array(select distinct unnest(p.tags || s.tags)), custom_fields = s.custom_fields || p.custom_fields,
    notes = nullif(concat_ws(E'\n', p.notes, s.notes), ''),
    do_not_contact_since = coalesce(p.do_not_contact_since, s.do_not_contact_since),
    do_not_contact_reason = case when p.do_not_contact_since is null then s.do_not_contact_reason else p.do_not_contact_reason end
   from public.customer_profiles as s where p.id = target and p.workspace_id = workspace and s.id = source and s.workspace_id = workspace;
  perform romashka.record_event(workspace, 'customer.merged', 'customer', source, null, jsonb_build_object('into', target));
end $$;
comment on function public.merge_customers(uuid, uuid, uuid) is 'Two records of one person become one: conversations and identities of both are with the second; an opt-out of either stands.';

create or replace function romashka.require_author(note uuid, workspace uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: locks the note for its author, whoever may write the table.
declare
  author uuid;
begin
  perform romashka.require_role(workspace, 'agent');
  select n.agent_id into author from public.conversation_notes as n where n.id = require_author.note and n.workspace_id = workspace for update;
  if not found then raise exception 'no such note' using errcode = 'RM404'; end if;
  -- A key of an agent is nobody's hand: what has no author is the admins'.
  if author is null or author is distinct from romashka.current_user_id() then perform romashka.require_role(workspace, 'admin'); end if;
end $$;
comment on function romashka.require_author(uuid, uuid) is 'Locks a note and refuses (RM403) who neither wrote it nor is an admin.';

create or replace function public.change_note(note uuid, content text default null, kind text default null, mentions uuid[] default null,
  workspace uuid default public.current_workspace_id()) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: as require_author.
begin
  perform romashka.require_author(note, workspace);
  update public.conversation_notes as n
     set note = coalesce(change_note.content, n.note), note_type = coalesce(kind, n.note_type), mentions = coalesce(change_note.mentions, n.mentions), updated_at = now()
   where n.id = change_note.note and n.workspace_id = workspace;
end $$;
comment on function public.change_note(uuid, text, text, uuid[], uuid) is 'Changes what is given of a note: its author may, and an admin (else RM403).';

create or replace function public.delete_note(note uuid, workspace uuid default public.current_workspace_id()) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: as require_author.
begin
  perform romashka.require_author(note, workspace);
  delete from public.conversation_notes as n where n.id = delete_note.note and n.workspace_id = workspace;
end $$;
comment on function public.delete_note(uuid, uuid) is 'Removes a note: its author may, and an admin (else RM403). The audit keeps what it said.';

do $$
declare
  signature text;
begin
  foreach signature in array array['change_note(uuid, text, text, uuid[], uuid)', 'delete_note(uuid, uuid)', 'ingest_message', 'send_message', 'schedule_message(uuid, text, timestamptz, text, jsonb, uuid)', 'cancel_scheduled_message(uuid, uuid)', 'resolve_conversation(uuid, text, text)', 'reopen_conversation(uuid)', 'assign_conversation(uuid, uuid, uuid)', 'snooze_conversation(uuid, timestamptz)',
    'transfer_conversation(uuid, uuid, text, text, interval)', 'accept_transfer(uuid)', 'reject_transfer(uuid, text)', 'rate_conversation(uuid, numeric, text, uuid)', 'mark_read(uuid, uuid)',
    'merge_conversations(uuid, uuid, uuid)', 'unmerge_conversation(uuid, uuid)', 'merge_customers(uuid, uuid, uuid)'] loop
    perform romashka.grant_members('public.' || signature);
  end loop;
  perform romashka.grant_function('public.wake_conversations(integer)', 'service_role');
  perform romashka.grant_function('public.expire_transfers(integer)', 'service_role');
  perform romashka.grant_function('public.send_due_messages(integer)', 'service_role');
  perform romashka.grant_function('public.remember_thread_keys(uuid, uuid, text[], uuid)', 'service_role');
  perform romashka.touch_table('scheduled_messages');
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_members('romashka.change_status(uuid, text)');
  perform romashka.grant_members('romashka.pick_free_agent(uuid, uuid, text, uuid)');
  perform romashka.grant_members('romashka.ensure_member(uuid, uuid)');
end $$;

-- ============ 50-knowledge/verbs ============
-- Purpose: the passages of articles: which are to be made, and what a process has to know of them.
-- Invariants: a text that was changed is in the queue by the commit that changed it; passages of an older text are never put in place of newer
-- ones; what left the knowledge (archived, deleted, for fewer readers) is not found from its commit on.
-- Who calls: the server's workers; members through the functions in public.
-- Lock risk: row locks on the queue, skipped by whoever claims; the row of the workspace's revision for the end of a transaction that changes passages.

create or replace function romashka.next_knowledge_revision(workspace uuid, removal boolean default false) returns bigint language plpgsql security definer set search_path = '' as $$
-- Definer: called by triggers and verbs of this file. The row lock orders revisions as they are committed: who has seen one has seen all before it.
declare
  made bigint;
begin
  insert into romashka.knowledge_revisions as r (workspace_id, revision, removals) values (workspace, 1, removal::integer)
  on conflict (workspace_id) do update set revision = r.revision + 1, removals = r.removals + excluded.removals
  returning r.revision into made;
  return made;
end $$;
comment on function romashka.next_knowledge_revision(uuid, boolean) is 'Counts a change of a workspace''s passages.';

create or replace function romashka.queue_indexing() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
declare
  at constant timestamptz := pg_catalog.now();
  made bigint;
begin
  if tg_op = 'DELETE' then
    -- When the workspace itself goes, nobody asks any more.
    if exists (select from public.workspaces as w where w.id = old.workspace_id) then
      perform romashka.next_knowledge_revision(old.workspace_id, removal => true);
    end if;
    return null;
  end if;
  if tg_op = 'INSERT' or (old.title, old.content) is distinct from (new.title, new.content) then
    insert into romashka.knowledge_indexing as q (knowledge_item_id, workspace_id) values (new.id, new.workspace_id)
    on conflict (knowledge_item_id, workspace_id) do update
      set status = 'pending', attempt_count = 0, next_attempt_at = at, lease_id = null, locked_by = null, error_message = null;
  end if;
  if tg_op = 'UPDATE' and (old.language, old.status, old.audience) is distinct from (new.language, new.status, new.audience)
     and exists (select from romashka.knowledge_passages as p where p.knowledge_item_id = new.id and p.workspace_id = new.workspace_id) then
    made := romashka.next_knowledge_revision(new.workspace_id);
    update romashka.knowledge_passages as p set revision = made
     where p.knowledge_item_id = new.id and p.workspace_id = new.workspace_id;
  end if;
  return null;
end $$;
comment on function romashka.queue_indexing() is 'Trigger: passages are made anew for a new text; a change of readers or of status is told to whoever holds passages in memory.';
create or replace trigger knowledge_items_50_index after insert on public.knowledge_items
  for each row execute function romashka.queue_indexing();
create or replace trigger knowledge_items_50_index_again after update of title, content, language, status, audience on public.knowledge_items
  for each row when (old.title is distinct from new.title or old.content is distinct from new.content or old.language is distinct from new.language
    or old.status is distinct from new.status or old.audience is distinct from new.audience)
  execute function romashka.queue_indexing();
create or replace trigger knowledge_items_50_index_removed after delete on public.knowledge_items
  for each row execute function romashka.queue_indexing();

create or replace function romashka.claim_indexing(batch_size integer, worker text, lease interval default '10 minutes')
returns table (knowledge_item_id uuid, workspace_id uuid, lease_id uuid, version integer, title text, content text)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  return query
    with chosen as materialized (
      select q.knowledge_item_id, q.workspace_id from romashka.knowledge_indexing as q
        join public.workspaces as w on w.id = q.workspace_id and w.status = 'active'
       where q.status in ('pending', 'indexing') and q.next_attempt_at <= at
       order by q.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update of q skip locked),
    taken as (
      update romashka.knowledge_indexing as q set status = 'indexing', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = q.attempt_count + 1
        from chosen as c where q.knowledge_item_id = c.knowledge_item_id and q.workspace_id = c.workspace_id returning q.*)
    select t.knowledge_item_id, t.workspace_id, t.lease_id, i.version, i.title, i.content
      from taken as t join public.knowledge_items as i on i.id = t.knowledge_item_id and i.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_indexing(integer, text, interval) is 'Takes up to batch_size articles whose passages are to be made, with their present text.';

create or replace function romashka.finish_indexing(item uuid, workspace uuid, lease uuid, version integer, model text, headings jsonb, contents text[], embeddings bytea[],
  sentence_bounds jsonb, sentence_embeddings jsonb) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  made bigint;
begin
  -- A change of the article takes the lease away, so that what was made of an older text is not put in place.
  update romashka.knowledge_indexing as q set status = 'indexed', lease_id = null, locked_by = null, error_message = null, attempt_count = 0, indexed_at = at,
         model = finish_indexing.model, version = finish_indexing.version
   where q.knowledge_item_id = item and q.workspace_id = finish_indexing.workspace and q.lease_id = lease and q.status = 'indexing';
  if not found then return false; end if;
  -- The claim's statement may have seen the text of before a change whose place in the queue it saw.
  if not exists (select from public.knowledge_items as i where i.id = item and i.workspace_id = finish_indexing.workspace and i.version = finish_indexing.version) then
    update romashka.knowledge_indexing as q set status = 'pending', next_attempt_at = at where q.knowledge_item_id = item and q.workspace_id = finish_indexing.workspace;
    return false;
  end if;
  made := romashka.next_knowledge_revision(workspace);
  delete from romashka.knowledge_passages as p where p.knowledge_item_id = item and p.workspace_id = finish_indexing.workspace;
  insert into romashka.knowledge_passages (workspace_id, knowledge_item_id, model, version, position, headings, content, embedding, sentence_bounds, sentence_embeddings, revision)
  select finish_indexing.workspace, item, finish_indexing.model, finish_indexing.version, (p.place - 1)::integer,
         array(select jsonb_array_elements_text(headings -> (p.place - 1)::integer)), p.content, p.embedding,
         array(select value::integer from jsonb_array_elements_text(sentence_bounds -> (p.place - 1)::integer)),
         array(select decode(value, 'hex') from jsonb_array_elements_text(sentence_embeddings -> (p.place - 1)::integer)), made
    from unnest(contents, embeddings) with ordinality as p (content, embedding, place);
  return true;
end $$;
comment on function romashka.finish_indexing(uuid, uuid, uuid, integer, text, jsonb, text[], bytea[], jsonb, jsonb) is
  'Puts the passages of an article in place of those before. False when the lease is lost, as by a change of the article, or when they are of an older text.';

create or replace function romashka.fail_indexing(item uuid, workspace uuid, lease uuid, message text) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  state text;
begin
  update romashka.knowledge_indexing as q
     set status = case when q.attempt_count >= 8 then 'failed' else 'pending' end, lease_id = null, locked_by = null, error_message = left(fail_indexing.message, 2000),
         next_attempt_at = at + romashka.backoff(q.attempt_count, '5 seconds', '1 hour', luck)
   where q.knowledge_item_id = item and q.workspace_id = fail_indexing.workspace and q.lease_id = lease and q.status = 'indexing' returning q.status into state;
  return state;
end $$;
comment on function romashka.fail_indexing(uuid, uuid, uuid, text) is 'Gives an article back whose passages could not be made: pending, or failed after eight attempts. Null when the lease is lost.';

create or replace function romashka.queue_other_models(model text) returns bigint language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, at its start.
declare
  changed bigint;
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.knowledge_indexing as q set status = 'pending', attempt_count = 0, next_attempt_at = at
   where q.status = 'indexed' and q.model is distinct from queue_other_models.model;
  get diagnostics changed = row_count;
  return changed;
end $$;
comment on function romashka.queue_other_models(text) is 'Puts every article into the queue whose passages another model made; returns how many.';

create or replace function romashka.read_passages(workspace uuid, model text, since bigint) returns table (knowledge_item_id uuid, place integer, embedding bytea, language text, audience text, is_active boolean, revision bigint)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone, for its memory. What of it a reader may see is decided when it is shown: show_passages.
begin
  return query
    select p.knowledge_item_id, p.position, p.embedding, i.language, i.audience, i.status = 'active', p.revision
      from romashka.knowledge_passages as p join public.knowledge_items as i on i.id = p.knowledge_item_id and i.workspace_id = p.workspace_id
     where p.workspace_id = read_passages.workspace and p.model = read_passages.model and p.revision > since
     order by p.knowledge_item_id, p.position;
end $$;
comment on function romashka.read_passages(uuid, text, bigint) is 'The passages of a workspace that changed after a revision, with what they are chosen by.';

create or replace function romashka.knowledge_revision(workspace uuid) returns table (revision bigint, removals bigint) language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  return query select r.revision, r.removals from romashka.knowledge_revisions as r where r.workspace_id = knowledge_revision.workspace;
end $$;
comment on function romashka.knowledge_revision(uuid) is 'How often the workspace''s passages changed, and how often articles were deleted; no row where nothing ever changed.';

create or replace function public.rank_knowledge(query text, language text default null, limit_count integer default 50, category uuid default null, audience text default null,
  identifiers text[] default '{}', workspace uuid default public.current_workspace_id())
returns table (article_id uuid, points real, identifier_count integer, confidence_threshold double precision, handoff_threshold double precision) language plpgsql stable security definer set search_path = '' as $$
-- Definer: as search_knowledge. One row without an article when the words find nothing, so that the thresholds are always told.
declare
  audiences constant text[] := case audience when 'public' then array['public'] when 'signed_in' then array['public', 'signed_in'] else array['public', 'signed_in', 'internal'] end;
begin
  perform romashka.require_role(workspace, 'viewer');
  if audience is not null and audience not in ('public', 'signed_in', 'internal') then
    raise exception 'unknown audience %', audience using errcode = 'RM400', hint = 'public, signed_in or internal';
  end if;
  return query
    select a.article_id, a.points,
           (select count(*)::integer from unnest(identifiers) as wanted where strpos(upper(i.title || ' ' || i.content), upper(wanted)) > 0),
           (romashka.setting(workspace, 'ai_confidence_threshold') #>> '{}')::float8, (romashka.setting(workspace, 'ai_handoff_threshold') #>> '{}')::float8
      from (select) as always
      left join romashka.rank_articles(workspace, left(query, 1000), rank_knowledge.language, greatest(1, least(limit_count, 200)), category, audiences) as a on true
      left join public.knowledge_items as i on i.id = a.article_id and i.workspace_id = workspace
     order by a.points desc, a.article_id;
end $$;
comment on function public.rank_knowledge(text, text, integer, uuid, text, text[], uuid) is
  'What the words of a question find, for the ranking by meaning: articles, best first, their points, how many of the identifiers each holds, and from what probability on the workspace answers (ai_confidence_threshold) and suggests (ai_handoff_threshold).';

create or replace function public.show_passages(items uuid[], positions integer[], audience text default null, workspace uuid default public.current_workspace_id())
returns table (article_id uuid, place integer, title text, version integer, item_language text, item_audience text, headings text[], content text, sentence_bounds integer[], sentence_embeddings bytea[])
language plpgsql stable security definer set search_path = '' as $$
-- Definer: as search_knowledge. Status and readers are those of this moment, whatever the memory of the one who asks says.
declare
  audiences constant text[] := case audience when 'public' then array['public'] when 'signed_in' then array['public', 'signed_in'] else array['public', 'signed_in', 'internal'] end;
begin
  perform romashka.require_role(workspace, 'viewer');
  return query
    select i.id, w.place, i.title, coalesce(p.version, i.version), i.language, i.audience, coalesce(p.headings, '{}'), coalesce(p.content, left(i.content, 1000)),
           coalesce(p.sentence_bounds, '{}'), coalesce(p.sentence_embeddings, '{}')
      from unnest(items, positions) with ordinality as w (item, place, turn)
      join public.knowledge_items as i on i.id = w.item and i.workspace_id = workspace and i.status = 'active' and i.audience = any (audiences)
      left join romashka.knowledge_passages as p on p.knowledge_item_id = i.id and p.workspace_id = i.workspace_id and p.position = w.place
     where p.id is not null or w.place = 1
     order by w.turn;
end $$;
comment on function public.show_passages(uuid[], integer[], text, uuid) is 'The passages that were chosen, of active articles that the reader may see, in the order asked for. Place 1 of an article without passages is how its text begins.';

create or replace function public.knowledge_index_state(workspace uuid default public.current_workspace_id()) returns table (status text, articles bigint) language plpgsql stable security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
begin
  perform romashka.require_role(workspace, 'viewer');
  return query select q.status, count(*) from romashka.knowledge_indexing as q where q.workspace_id = workspace group by q.status order by q.status;
end $$;
comment on function public.knowledge_index_state(uuid) is 'How many articles'' passages are made (indexed), to be made (pending, indexing) or could not be (failed).';

create or replace function public.reindex_knowledge(workspace uuid default public.current_workspace_id()) returns bigint language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
declare
  at constant timestamptz := pg_catalog.now();
  changed bigint;
begin
  perform romashka.require_role(workspace, 'admin');
  insert into romashka.knowledge_indexing as q (knowledge_item_id, workspace_id) select i.id, i.workspace_id from public.knowledge_items as i where i.workspace_id = workspace
  on conflict (knowledge_item_id, workspace_id) do update set status = 'pending', attempt_count = 0, next_attempt_at = at, lease_id = null, locked_by = null, error_message = null;
  get diagnostics changed = row_count;
  return changed;
end $$;
comment on function public.reindex_knowledge(uuid) is 'Puts every article of the workspace into the queue of those whose passages are made anew; returns how many. What is found meanwhile stays.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.claim_indexing(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.finish_indexing(uuid, uuid, uuid, integer, text, jsonb, text[], bytea[], jsonb, jsonb)', 'service_role');
  perform romashka.grant_function('romashka.fail_indexing(uuid, uuid, uuid, text)', 'service_role');
  perform romashka.grant_function('romashka.queue_other_models(text)', 'service_role');
  perform romashka.grant_function('romashka.read_passages(uuid, text, bigint)', 'service_role');
  perform romashka.grant_function('romashka.knowledge_revision(uuid)', 'service_role');
  perform romashka.grant_members('public.rank_knowledge(text, text, integer, uuid, text, text[], uuid)');
  perform romashka.grant_members('public.show_passages(uuid[], integer[], text, uuid)');
  perform romashka.grant_members('public.knowledge_index_state(uuid)');
  perform romashka.grant_members('public.reindex_knowledge(uuid)');
end $$;

-- Files --------------------------------------------------------------------------------------------------------------------
-- Articles that are read from files: made, changed, or put away as their file is. A file's article is one, found by its path; what did not change
-- is not written; a person's filing, tags and archiving stay. Imports of one workspace wait for each other for the time of a transaction.

create or replace function romashka.file_category(path text[], workspace uuid) returns uuid language plpgsql set search_path = '' as $$
declare
  above uuid;
  found_id uuid;
  part text;
begin
  foreach part in array path loop
    select c.id into found_id from public.knowledge_categories as c
     where c.workspace_id = workspace and coalesce(c.parent_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce(above, '00000000-0000-0000-0000-000000000000'::uuid)
       and lower(c.name) = lower(part);
    if not found then
      insert into public.knowledge_categories (workspace_id, name, parent_id) values (workspace, part, above) returning id into found_id;
    end if;
    above := found_id;
  end loop;
  return above;
end $$;
comment on function romashka.file_category(text[], uuid) is 'The category at the end of a path, outermost first; made with those above it where it is missing. Null for an empty path.';

create or replace function public.place_file_article(file_path text, checksum text, title text, content text, category text[] default '{}', language text default null,
  audience text default null, status text default null, workspace uuid default public.current_workspace_id())
returns table (article_id uuid, outcome text) language plpgsql set search_path = '' as $$
declare
  known public.knowledge_items;
  returns_to_life boolean;
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('knowledge_files ' || workspace::text, 0));
  select * into known from public.knowledge_items as i
   where i.workspace_id = workspace and i.file_path = place_file_article.file_path and i.file_checksum is not null;
  if not found then
    return query
      insert into public.knowledge_items as i (workspace_id, title, content, category_id, source_type, file_path, file_checksum, language, audience, status, change_note)
      values (workspace, place_file_article.title, place_file_article.content, romashka.file_category(place_file_article.category, workspace), 'file', place_file_article.file_path,
        checksum, coalesce(place_file_article.language, 'en'), coalesce(place_file_article.audience, 'public'), coalesce(place_file_article.status, 'draft'), 'read from its file')
      returning i.id, 'created'::text;
    return;
  end if;
  returns_to_life := known.file_checksum = '';
  if known.file_checksum = checksum and known.language = coalesce(place_file_article.language, known.language)
    and known.audience = coalesce(place_file_article.audience, known.audience)
    and not (known.status = 'draft' and coalesce(place_file_article.status, 'draft') = 'active') then
    return query select known.id, 'unchanged'::text;
    return;
  end if;
  return query
    update public.knowledge_items as i
       set title = case when known.file_checksum = checksum then i.title else place_file_article.title end,
           content = case when known.file_checksum = checksum then i.content else place_file_article.content end,
           change_note = case when known.file_checksum = checksum then i.change_note else 'its file was changed, after version ' || i.version end,
           file_checksum = checksum,
           language = coalesce(place_file_article.language, i.language), audience = coalesce(place_file_article.audience, i.audience),
           -- Who archived an article wants it away, whatever becomes of its file; who did not is asked again.
           status = case when returns_to_life then coalesce(place_file_article.status, 'draft')
                         when i.status = 'draft' then coalesce(place_file_article.status, i.status) else i.status end
     where i.id = known.id and i.workspace_id = workspace
    returning i.id, 'changed'::text;
end $$;
comment on function public.place_file_article(text, text, text, text, text[], text, text, text, uuid) is
  'Makes the article of a file, or changes it when the checksum is another one: created, changed or unchanged. Category and a status of draft are for new articles; status active publishes drafts; language and audience are set where they are given.';

create or replace function public.archive_missing_files(root text, present text[], workspace uuid default public.current_workspace_id())
returns table (article_id uuid, file_path text) language plpgsql set search_path = '' as $$
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('knowledge_files ' || workspace::text, 0));
  return query
    update public.knowledge_items as i set status = 'archived', file_checksum = ''
     where i.workspace_id = workspace and i.file_checksum <> '' and i.status <> 'archived'
       and pg_catalog.starts_with(i.file_path, root) and i.file_path <> all (present)
    returning i.id, i.file_path;
end $$;
comment on function public.archive_missing_files(text, text[], uuid) is
  'Archives the articles of files whose path begins with root and is not among those that are present; returns them. An article comes back with its file.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_members('romashka.file_category(text[], uuid)');
  perform romashka.grant_members('public.place_file_article(text, text, text, text, text[], text, text, text, uuid)');
  perform romashka.grant_members('public.archive_missing_files(text, text[], uuid)');
end $$;

-- ============ 55-assistant/verbs ============
-- Purpose: the assistant's turns: when it is its turn, with what it goes, and what comes of it.
-- Invariants: the turn is in the queue by the commit of the customer's message; what it says, its record and the end of the turn are one
-- commit; it says nothing once a person is in the conversation, it was handed over, or the customer has written again meanwhile.
-- Lock risk: the conversation's row first, then the queue's, as a message that comes in has it.

create or replace function romashka.ask_assistant(workspace uuid, channel uuid, conversation uuid, message uuid, said_at timestamptz) returns void language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  -- What is old was answered elsewhere: an import, or a provider that was away for long.
  if said_at < at - interval '1 day' or coalesce(pg_catalog.current_setting('romashka.auto_assign', true), '') = 'off' then return; end if;
  insert into romashka.assistant_turns as t (workspace_id, conversation_id, message_id, next_attempt_at)
  select a.workspace_id, c.id, ask_assistant.message, at
    from public.channel_assistants as a
    join public.conversations as c on c.id = ask_assistant.conversation and c.workspace_id = a.workspace_id and c.status = 'active'
   where a.channel_id = ask_assistant.channel and a.workspace_id = ask_assistant.workspace and a.is_enabled
     and ('x' || substr(md5(c.id::text), 1, 7))::bit(28)::integer < a.traffic_share * 268435456
     and (a.hours = 'always' or romashka.is_open(a.workspace_id, at) = (a.hours = 'business_hours'))
     and not exists (select from public.conversation_analytics as f where f.conversation_id = c.id and f.workspace_id = c.workspace_id and f.agent_messages > 0)
  on conflict (conversation_id, workspace_id) do update
    set message_id = excluded.message_id, status = 'pending', lease_id = null, locked_by = null, attempt_count = 0, error_message = null, next_attempt_at = excluded.next_attempt_at;
end $$;
comment on function romashka.ask_assistant(uuid, uuid, uuid, uuid, timestamptz) is
  'Puts a conversation into the assistant''s queue, where it answers on the channel and no person is in it. For verbs that take in a customer''s message.';

create or replace function romashka.assistant_view(conversation uuid, workspace uuid, newest uuid default null)
returns table (question text, message_id uuid, previous_question text, previous_verdict text, language text, intent text, audience text, answers_given integer)
language plpgsql stable set search_path = '' as $$
declare
  talk public.conversations;
  said_at timestamptz;
begin
  select * into talk from public.conversations as c where c.id = assistant_view.conversation and c.workspace_id = assistant_view.workspace;
  select m.created_at into said_at from public.messages as m
   where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id
     -- A thank-you to which nothing was said is done with as well; to say that a person comes is no answer.
     and case when m.sender_type = 'user'
         then exists (select from public.ai_answers as a where a.message_id = m.id and a.workspace_id = m.workspace_id and a.mode = 'automatic' and a.verdict = 'silent')
         else m.sender_type = 'agent' or not exists (select from public.ai_answers as a
           where a.answer_message_id = m.id and a.workspace_id = m.workspace_id and a.verdict = 'handed_off') end
   order by m.created_at desc, m.id desc limit 1;
  -- What he wrote since he was last answered; of very much, the newest. A message that came late has an earlier time than the answer before it.
  select string_agg(recent.content, E'\n' order by recent.created_at, recent.id), (array_agg(recent.id order by recent.created_at desc, recent.id desc))[1] into question, message_id
    from (select m.id, m.created_at, left(m.content, 4000) as content from public.messages as m
           where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and m.sender_type = 'user' and m.message_type = 'text' and not m.is_quiet
             and (said_at is null or m.created_at > said_at or m.id = newest)
           order by m.created_at desc, m.id desc limit 10) as recent;
  select a.verdict into previous_verdict from public.ai_answers as a
   where a.conversation_id = talk.id and a.workspace_id = talk.workspace_id and a.mode = 'automatic' order by a.created_at desc, a.id desc limit 1;
  select coalesce(a.rewritten_question, a.question) into previous_question from public.ai_answers as a
   where a.conversation_id = talk.id and a.workspace_id = talk.workspace_id and a.mode = 'automatic' and a.verdict in ('answered', 'suggested')
   order by a.created_at desc, a.id desc limit 1;
  select count(*) into answers_given from public.ai_answers as a
   where a.conversation_id = talk.id and a.workspace_id = talk.workspace_id and a.mode = 'automatic' and a.answer_message_id is not null;
  language := coalesce(talk.language, 'en');
  audience := case when talk.channel_type = 'website' and exists (select from public.customer_identities as i
      where i.customer_id = talk.customer_id and i.workspace_id = talk.workspace_id and i.channel_type = 'website'
        and i.external_id = talk.external_conversation_id and i.is_verified) then 'signed_in' else 'public' end;
  select p.intent_name into intent from public.intent_patterns as p cross join unnest(p.patterns) as u (pattern)
   where p.workspace_id = talk.workspace_id and p.is_active and p.language in (talk.language, split_part(talk.language, '-', 1))
     and strpos(lower(question), lower(u.pattern)) > 0
   order by length(u.pattern) desc, p.intent_name limit 1;
  return next;
end $$;
comment on function romashka.assistant_view(uuid, uuid, uuid) is 'What the assistant goes by in a conversation: the question, what came before, and for whom the answer is.';

create or replace function romashka.claim_turns(batch_size integer, worker text, lease interval default '1 minute')
returns table (conversation_id uuid, workspace_id uuid, lease_id uuid, message_id uuid, question text, previous_question text, previous_verdict text, language text, intent text,
  audience text, answers_given integer, answer_limit integer, forbidden_topics text[], texts jsonb, is_open boolean)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  at_once constant integer := 6;
  lost record;
begin
  -- Whoever had it for the fifth time is gone, as most likely all before him: a person takes over.
  for lost in
    select t.conversation_id, t.workspace_id, t.lease_id from romashka.assistant_turns as t
     where t.status = 'answering' and t.next_attempt_at <= at and t.attempt_count >= 5 order by t.next_attempt_at limit 10
  loop
    perform romashka.give_turn_up(lost.conversation_id, lost.workspace_id, lost.lease_id, 'the worker did not come back');
  end loop;
  -- No workspace has more than a few of them at work, so that one whose language model is slow keeps no other waiting.
  with recursive places as (
    (select t.workspace_id from romashka.assistant_turns as t order by t.workspace_id limit 1)
    union all
    select (select t.workspace_id from romashka.assistant_turns as t where t.workspace_id > p.workspace_id order by t.workspace_id limit 1) from places as p
     where p.workspace_id is not null
  ), due as materialized (
    select d.conversation_id, d.workspace_id from places as p
      join public.workspaces as w on w.id = p.workspace_id and w.status = 'active'
      cross join lateral (
        select t.conversation_id, t.workspace_id, t.next_attempt_at from romashka.assistant_turns as t
         where t.workspace_id = p.workspace_id and t.next_attempt_at <= at and t.attempt_count < 5
         order by t.next_attempt_at
         limit greatest(0, at_once - (select count(*) from romashka.assistant_turns as o
            where o.workspace_id = p.workspace_id and o.status = 'answering' and o.next_attempt_at > at))) as d
     order by d.next_attempt_at limit greatest(1, least(batch_size, 100))
  ), chosen as materialized (
    select t.conversation_id, t.workspace_id from due as d
      join romashka.assistant_turns as t on t.conversation_id = d.conversation_id and t.workspace_id = d.workspace_id and t.next_attempt_at <= at and t.attempt_count < 5
       for no key update of t skip locked)
  update romashka.assistant_turns as t set status = 'answering', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = t.attempt_count + 1
    from chosen as h where t.conversation_id = h.conversation_id and t.workspace_id = h.workspace_id;
  -- A statement of its own: it sees every message whose turn was taken.
  return query
    select t.conversation_id, t.workspace_id, t.lease_id, coalesce(v.message_id, t.message_id), coalesce(v.question, ''), v.previous_question, v.previous_verdict, v.language, v.intent,
           v.audience, v.answers_given, a.answer_limit, a.forbidden_topics, a.texts,
           romashka.is_open(t.workspace_id, at)
      from romashka.assistant_turns as t
      join public.conversations as c on c.id = t.conversation_id and c.workspace_id = t.workspace_id
      join public.channel_assistants as a on a.channel_id = c.channel_id and a.workspace_id = c.workspace_id and a.is_enabled
      cross join lateral romashka.assistant_view(t.conversation_id, t.workspace_id, t.message_id) as v
     where t.lease_id = token;
end $$;
comment on function romashka.claim_turns(integer, text, interval) is 'Takes up to batch_size conversations in which it is the assistant''s turn, with all it goes by; of one workspace never more than six at once.';

create or replace function romashka.keep_answer(workspace uuid, conversation uuid, message uuid, mode text, verdict text, said uuid, decision jsonb) returns uuid
language plpgsql set search_path = '' as $$
declare
  made uuid;
  made_at timestamptz;
begin
  insert into public.ai_answers (workspace_id, conversation_id, message_id, mode, question, rewritten_question, language, intent, audience, verdict, handoff_reason, probability,
    passages, answer, citations, answer_message_id, model, method, configuration, durations, tokens_used, generation, asked_by)
  values (workspace, conversation, message, keep_answer.mode, decision ->> 'question', decision ->> 'rewritten_question', decision ->> 'language', decision ->> 'intent', decision ->> 'audience',
    keep_answer.verdict, case when keep_answer.verdict = 'handed_off' then decision ->> 'handoff_reason' end, round((decision ->> 'probability')::numeric, 4),
    coalesce(decision -> 'passages', '[]'), decision ->> 'answer', coalesce(decision -> 'citations', '[]'), said, decision ->> 'model', decision ->> 'method',
    coalesce(decision -> 'configuration', '{}'), coalesce(decision -> 'durations', '{}'), coalesce((decision ->> 'tokens_used')::integer, 0),
    nullif(decision -> 'generation', 'null'), (decision ->> 'asked_by')::uuid)
  returning id, created_at into made, made_at;
  -- Of the same moment: by it, what is thought of the answer finds the uses of its articles.
  insert into public.knowledge_analytics (workspace_id, knowledge_item_id, conversation_id, created_at, usage_context)
  select workspace, i.id, conversation, made_at, case when keep_answer.verdict = 'answered' and keep_answer.mode = 'automatic' then 'chat' else 'suggestion' end
    from (select distinct (used ->> 'article_id')::uuid as id from jsonb_array_elements(coalesce(decision -> 'citations', '[]')) as used) as cited
    join public.knowledge_items as i on i.id = cited.id and i.workspace_id = keep_answer.workspace
   where keep_answer.verdict in ('answered', 'suggested')
   order by i.id;
  return made;
end $$;
comment on function romashka.keep_answer(uuid, uuid, uuid, text, text, uuid, jsonb) is 'Records what the assistant decided, and which articles it used. For verbs that have checked the workspace.';

create or replace function romashka.finish_turn(conversation uuid, workspace uuid, lease uuid, message uuid, decision jsonb) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  talk public.conversations;
  verdict text := decision ->> 'verdict';
  reply text := nullif(decision ->> 'reply', '');
  place record;
  at constant timestamptz := pg_catalog.now();
  said uuid;
  sources jsonb;
begin
  select * into talk from public.conversations as c where c.id = finish_turn.conversation and c.workspace_id = finish_turn.workspace for no key update;
  if not found then return null; end if;
  delete from romashka.assistant_turns as t
   where t.conversation_id = talk.id and t.workspace_id = talk.workspace_id and t.lease_id = finish_turn.lease and t.status = 'answering';
  if not found then return null; end if;
  -- A newer message that is gone again leaves one that was answered.
  if exists (select from public.ai_answers as a where a.message_id = finish_turn.message and a.workspace_id = talk.workspace_id and a.mode = 'automatic') then return null; end if;
  if talk.status <> 'active' or talk.merged_into_id is not null or exists (select from public.conversation_analytics as f
      where f.conversation_id = talk.id and f.workspace_id = talk.workspace_id and f.agent_messages > 0) then
    verdict := 'overtaken';
  end if;
  set local romashka.actor_kind = 'ai';
  select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'title', i.title, 'url', i.source_url, 'version', cited.version) order by cited.place), '[]') into sources
    from (select (c.value ->> 'article_id')::uuid as id, (c.value ->> 'version')::integer as version, min(c.ordinality) as place
            from jsonb_array_elements(coalesce(decision -> 'citations', '[]')) with ordinality as c group by 1, 2) as cited
    join public.knowledge_items as i on i.id = cited.id and i.workspace_id = finish_turn.workspace;
  if verdict <> 'overtaken' and reply is not null then
    place := romashka.place_answer(talk, null, null, 'text');
    talk.channel_type := place.channel_type;
    talk.channel_id := place.channel_id;
    if place.refusal is not null then
      -- He wrote, and is not to be written to: what follows is for people to decide.
      verdict := 'handed_off';
      reply := null;
      decision := decision || jsonb_build_object('handoff_reason', 'policy', 'answer', null, 'citations', '[]'::jsonb,
        'note', 'The assistant did not answer. ' || place.refusal || E'\n\nAsked: ' || left(decision ->> 'question', 1000));
    elsif verdict = 'answered' and talk.channel_type <> 'website' then
      reply := reply || coalesce(E'\n\n' || (select string_agg('— ' || s.title || coalesce(': ' || s.url, ''), E'\n') from jsonb_to_recordset(sources) as s (title text, url text)), '');
    end if;
  end if;
  if verdict <> 'overtaken' and reply is not null then
    if place.is_elsewhere then perform romashka.expect_answer(workspace, talk.id, talk.customer_id, talk.channel_type, talk.channel_id); end if;
    said := romashka.store_answer(workspace, talk, null, reply, 'ai', 'text', coalesce(decision -> 'metadata', '{}'), round((decision ->> 'probability')::numeric, 4),
      sources, 'assistant:' || message);
    update public.messages as m set processing_time_ms = (decision #>> '{durations,total}')::integer, intent_detected = decision ->> 'intent', tokens_used = coalesce((decision ->> 'tokens_used')::integer, 0)
     where m.id = said and m.workspace_id = finish_turn.workspace;
  end if;
  perform romashka.keep_answer(workspace, talk.id, message, 'automatic', verdict, said, decision);
  if verdict = 'overtaken' then return verdict; end if;
  insert into public.conversation_context as x (workspace_id, conversation_id, last_intent, conversation_summary)
  values (workspace, talk.id, decision ->> 'intent', decision ->> 'summary')
  on conflict (conversation_id, workspace_id) do update
    set last_intent = coalesce(excluded.last_intent, x.last_intent), conversation_summary = coalesce(excluded.conversation_summary, x.conversation_summary), updated_at = at;
  update public.conversations as c
     set intent = coalesce(decision ->> 'intent', c.intent), ai_confidence = coalesce(round((decision ->> 'probability')::numeric, 4), c.ai_confidence),
         status = case when verdict = 'handed_off' then 'escalated' else c.status end,
         handoff_reason = case when verdict = 'handed_off' then decision ->> 'handoff_reason' else c.handoff_reason end,
         sentiment = case when verdict = 'handed_off' and decision ->> 'handoff_reason' = 'sentiment' then 'negative' else c.sentiment end,
         assigned_agent_id = case when verdict = 'handed_off' and c.assigned_agent_id is null then romashka.pick_agent(c.workspace_id, c.team_id, c.department) else c.assigned_agent_id end,
         updated_at = at
   where c.id = talk.id and c.workspace_id = talk.workspace_id
     and (verdict = 'handed_off' or c.intent is distinct from coalesce(decision ->> 'intent', c.intent) or decision ->> 'probability' is not null);
  if verdict = 'handed_off' and decision ->> 'note' is not null then
    insert into public.conversation_notes (workspace_id, conversation_id, note, note_type) values (workspace, talk.id, decision ->> 'note', 'escalation');
  end if;
  return verdict;
end $$;
comment on function romashka.finish_turn(uuid, uuid, uuid, uuid, jsonb) is
  'Says what the assistant decided, records why, and ends its turn. Returns the verdict, "overtaken" where a person is in the conversation by now, null when the lease is lost, as by a newer message.';

create or replace function romashka.give_turn_up(conversation uuid, workspace uuid, lease uuid, message text) returns text language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.now();
  seen record;
  newest uuid;
begin
  select t.message_id into newest from romashka.assistant_turns as t
   where t.conversation_id = give_turn_up.conversation and t.workspace_id = give_turn_up.workspace and t.lease_id = give_turn_up.lease;
  if not found then return null; end if;
  begin
    select * into seen from romashka.assistant_view(conversation, workspace, newest) as v;
    return romashka.finish_turn(conversation, workspace, lease, newest, jsonb_build_object('verdict', 'handed_off', 'handoff_reason', 'tool_failed',
      'question', coalesce(seen.question, ''), 'language', seen.language, 'intent', seen.intent, 'audience', seen.audience, 'method', 'none',
      'note', 'The assistant could not answer: ' || left(message, 2000)));
  exception when others then
    -- What cannot even be recorded must not keep the customer waiting.
    update public.conversations as c set status = 'escalated', handoff_reason = 'tool_failed', updated_at = at
     where c.id = give_turn_up.conversation and c.workspace_id = give_turn_up.workspace and c.status = 'active';
    delete from romashka.assistant_turns as t
     where t.conversation_id = give_turn_up.conversation and t.workspace_id = give_turn_up.workspace and t.lease_id = give_turn_up.lease;
    return 'handed_off';
  end;
end $$;
comment on function romashka.give_turn_up(uuid, uuid, uuid, text) is 'Ends a turn that cannot be finished: a person takes over.';

create or replace function romashka.fail_turn(conversation uuid, workspace uuid, lease uuid, message text) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
begin
  if exists (select from romashka.assistant_turns as t where t.conversation_id = fail_turn.conversation and t.workspace_id = fail_turn.workspace
      and t.lease_id = fail_turn.lease and t.attempt_count >= 5) then
    return romashka.give_turn_up(conversation, workspace, lease, message);
  end if;
  update romashka.assistant_turns as t
     set status = 'pending', lease_id = null, locked_by = null, error_message = left(fail_turn.message, 2000), next_attempt_at = at + romashka.backoff(t.attempt_count, '1 second', '1 minute', luck)
   where t.conversation_id = fail_turn.conversation and t.workspace_id = fail_turn.workspace and t.lease_id = fail_turn.lease and t.status = 'answering';
  return case when found then 'pending' end;
end $$;
comment on function romashka.fail_turn(uuid, uuid, uuid, text) is
  'Gives a turn back that could not be finished, to be tried again; after five attempts a person takes over. Null when the lease is lost.';

create or replace function public.assistant_view(conversation uuid, workspace uuid default public.current_workspace_id())
returns table (question text, message_id uuid, previous_question text, language text, intent text, audience text)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: reads across a conversation's tables; the workspace is checked first.
begin
  perform romashka.require_role(workspace, 'agent');
  if not exists (select from public.conversations as c where c.id = assistant_view.conversation and c.workspace_id = assistant_view.workspace) then
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
  return query select v.question, v.message_id, v.previous_question, v.language, v.intent, v.audience
    from romashka.assistant_view(assistant_view.conversation, assistant_view.workspace) as v;
end $$;
comment on function public.assistant_view(uuid, uuid) is 'What the customer asked since he was last answered, with what came before: from it an answer is suggested.';

create or replace function romashka.keep_suggestion(conversation uuid, message uuid, decision jsonb, member uuid, workspace uuid) returns uuid
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, for a member whose rights it has looked at.
begin
  -- What is being erased is not written down again.
  perform from public.conversations as c where c.id = keep_suggestion.conversation and c.workspace_id = keep_suggestion.workspace for key share;
  if not exists (select from public.messages as m where m.id = keep_suggestion.message and m.workspace_id = keep_suggestion.workspace and m.conversation_id = keep_suggestion.conversation)
     or exists (select from public.conversations as c join public.customer_profiles as p on p.id = c.customer_id and p.workspace_id = c.workspace_id
         where c.id = keep_suggestion.conversation and c.workspace_id = keep_suggestion.workspace and p.erased_at is not null) then
    raise exception 'no such message' using errcode = 'RM404';
  end if;
  return romashka.keep_answer(workspace, conversation, message, 'suggestion', decision ->> 'verdict', null,
    decision || jsonb_build_object('asked_by', (select p.id from public.profiles as p where p.id = member)));
end $$;
comment on function romashka.keep_suggestion(uuid, uuid, jsonb, uuid, uuid) is 'Records what was suggested to a member; nothing is sent.';

create or replace function romashka.end_turns() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
begin
  delete from romashka.assistant_turns as t using public.conversations as c
   where c.id = t.conversation_id and c.workspace_id = t.workspace_id and t.workspace_id = old.workspace_id and c.channel_id = old.channel_id;
  return null;
end $$;
comment on function romashka.end_turns() is 'Trigger: where the assistant is switched off, it does not begin to speak any more.';
create or replace trigger channel_assistants_50_end_turns after delete on public.channel_assistants for each row execute function romashka.end_turns();
create or replace trigger channel_assistants_50_end_turns_off after update of is_enabled on public.channel_assistants for each row
  when (old.is_enabled and not new.is_enabled) execute function romashka.end_turns();

create or replace function public.rate_answer(rated uuid, was_helpful boolean, feedback text default null, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: of an answer only what people think of it can be written; the workspace is checked first.
declare
  at constant timestamptz := pg_catalog.now();
  found_answer public.ai_answers;
begin
  perform romashka.require_role(workspace, 'agent');
  if rate_answer.was_helpful is null then raise exception 'helpful or not' using errcode = 'RM400'; end if;
  if length(feedback) > 2000 then raise exception 'at most 2000 characters' using errcode = 'RM400'; end if;
  select * into found_answer from public.ai_answers as a where a.id = rated and a.workspace_id = rate_answer.workspace for update;
  if not found then raise exception 'no such answer' using errcode = 'RM404'; end if;
  update public.ai_answers as a set was_helpful = rate_answer.was_helpful, feedback_text = feedback, feedback_at = at,
         feedback_by = (select p.id from public.profiles as p where p.id = romashka.current_user_id())
   where a.id = rated and a.workspace_id = rate_answer.workspace;
  -- A vote counts for each article the answer was taken from, and one that is changed does not count twice.
  if found_answer.was_helpful is distinct from rate_answer.was_helpful then
    update public.knowledge_analytics as k set was_helpful = rate_answer.was_helpful
     where k.conversation_id = found_answer.conversation_id and k.workspace_id = rate_answer.workspace and k.created_at = found_answer.created_at;
  end if;
end $$;
comment on function public.rate_answer(uuid, boolean, text, uuid) is 'Says whether an answer of the assistant helped; the articles it was taken from are judged with it.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.claim_turns(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.finish_turn(uuid, uuid, uuid, uuid, jsonb)', 'service_role');
  perform romashka.grant_function('romashka.fail_turn(uuid, uuid, uuid, text)', 'service_role');
  perform romashka.grant_members('public.assistant_view(uuid, uuid)');
  perform romashka.grant_function('romashka.keep_suggestion(uuid, uuid, jsonb, uuid, uuid)', 'service_role');
  perform romashka.grant_members('public.rate_answer(uuid, boolean, text, uuid)');
end $$;

-- ============ 56-endpoint/verbs ============
-- Purpose: the budget of a workspace's language model.
-- Invariants: used and reserved together never pass the day's budget, however many ask at once; each call is settled once; a call whose
-- process died counts in full.
-- Lock risk: the row of the workspace's day, for the length of one short transaction.

create or replace function romashka.reserve_tokens(workspace uuid, tokens bigint, cost numeric, share numeric default 1, lease interval default '2 minutes') returns uuid
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, before it asks a language model.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  today constant date := (at at time zone 'UTC')::date;
  endpoint public.ai_endpoints;
  spent romashka.ai_usage;
  lost record;
  made uuid;
begin
  select * into endpoint from public.ai_endpoints as e where e.workspace_id = reserve_tokens.workspace and e.is_enabled;
  if not found then return null; end if;
  insert into romashka.ai_usage (workspace_id, day) values (reserve_tokens.workspace, today) on conflict (workspace_id, day) do nothing;
  select * into spent from romashka.ai_usage as u where u.workspace_id = reserve_tokens.workspace and u.day = today for no key update;
  -- What never came back may have been answered and paid for.
  with gone as (
    delete from romashka.ai_reservations as r where r.workspace_id = reserve_tokens.workspace and r.day = today and r.expires_at <= at returning r.tokens, r.cost)
  select coalesce(sum(g.tokens), 0) as tokens, coalesce(sum(g.cost), 0) as cost into lost from gone as g;
  spent.tokens_used := spent.tokens_used + lost.tokens;
  spent.tokens_reserved := spent.tokens_reserved - lost.tokens;
  spent.cost_used := spent.cost_used + lost.cost;
  spent.cost_reserved := spent.cost_reserved - lost.cost;
  if spent.tokens_used + spent.tokens_reserved + reserve_tokens.tokens <= endpoint.daily_tokens * share
     and (endpoint.daily_cost is null or spent.cost_used + spent.cost_reserved + reserve_tokens.cost <= endpoint.daily_cost * share) then
    insert into romashka.ai_reservations (workspace_id, day, tokens, cost, expires_at)
    values (reserve_tokens.workspace, today, reserve_tokens.tokens, reserve_tokens.cost, at + lease) returning id into made;
    spent.tokens_reserved := spent.tokens_reserved + reserve_tokens.tokens;
    spent.cost_reserved := spent.cost_reserved + reserve_tokens.cost;
  end if;
  update romashka.ai_usage as u
     set tokens_used = spent.tokens_used, tokens_reserved = spent.tokens_reserved, cost_used = spent.cost_used, cost_reserved = spent.cost_reserved
   where u.workspace_id = reserve_tokens.workspace and u.day = today;
  return made;
end $$;
comment on function romashka.reserve_tokens(uuid, bigint, numeric, numeric, interval) is
  'Takes what a call may use at most from the day''s budget, or from a share of it.'
  ' Null where that would pass it, or where there is no endpoint that is on.';

create or replace function romashka.settle_tokens(reservation uuid, workspace uuid, tokens bigint, cost numeric) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, after it has asked a language model.
declare
  its_day date;
  held record;
begin
  select r.day into its_day from romashka.ai_reservations as r where r.id = settle_tokens.reservation and r.workspace_id = settle_tokens.workspace;
  if not found then return false; end if;
  -- The day's row first, as whoever reserves has it.
  perform from romashka.ai_usage as u where u.workspace_id = settle_tokens.workspace and u.day = its_day for no key update;
  delete from romashka.ai_reservations as r where r.id = settle_tokens.reservation and r.workspace_id = settle_tokens.workspace returning r.tokens, r.cost into held;
  if not found then return false; end if;
  update romashka.ai_usage as u
     set calls = u.calls + 1, tokens_used = u.tokens_used + settle_tokens.tokens, tokens_reserved = u.tokens_reserved - held.tokens,
         cost_used = u.cost_used + settle_tokens.cost, cost_reserved = u.cost_reserved - held.cost
   where u.workspace_id = settle_tokens.workspace and u.day = its_day;
  return true;
end $$;
comment on function romashka.settle_tokens(uuid, uuid, bigint, numeric) is
  'Puts what a call has used in place of what was reserved for it. False where it was settled before, or counted in full because it took too long.';

create or replace function public.ai_usage_today(workspace uuid default public.current_workspace_id())
returns table (day date, calls bigint, tokens_used bigint, tokens_reserved bigint, cost_used numeric, cost_reserved numeric)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the counters are written by functions alone; the workspace is checked first.
declare
  today constant date := (pg_catalog.now() at time zone 'UTC')::date;
begin
  perform romashka.require_role(workspace, 'admin');
  return query select today, coalesce(u.calls, 0), coalesce(u.tokens_used, 0), coalesce(u.tokens_reserved, 0), coalesce(u.cost_used, 0), coalesce(u.cost_reserved, 0)
    from (select) as one left join romashka.ai_usage as u on u.workspace_id = ai_usage_today.workspace and u.day = today;
end $$;
comment on function public.ai_usage_today(uuid) is 'What the workspace''s language model has used today, by UTC.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.reserve_tokens(uuid, bigint, numeric, numeric, interval)', 'service_role');
  perform romashka.grant_function('romashka.settle_tokens(uuid, uuid, bigint, numeric)', 'service_role');
  perform romashka.grant_members('public.ai_usage_today(uuid)');
end $$;

-- ============ 57-evaluation/verbs ============
-- Purpose: the queue of question sets, and the record of their runs.
-- Invariants: a set is run once some time after the last of many changes, and never later than ten minutes after the first; not while passages of
-- changed articles are still to be made; what changes during a run leads to another. A run's figures are made from its results here and nowhere else.
-- Who calls: triggers of what the answers depend on; members by run_question_set; the server's workers and the command line.
-- Lock risk: row locks on the queue; the row of the set for the end of a run.

create or replace function romashka.queue_question_set(question_set uuid, workspace uuid, cause text, wait interval, member uuid default null) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: called by triggers of whoever changes what the answers depend on, and by verbs that have checked the workspace.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  insert into romashka.question_set_queue as q (question_set_id, workspace_id, cause, requested_by, requested_at, next_attempt_at)
  select s.id, s.workspace_id, queue_question_set.cause, member, at, at + wait
    from public.question_sets as s where s.id = question_set and s.workspace_id = queue_question_set.workspace
  on conflict (question_set_id, workspace_id) do update
    set status = case when q.status = 'failed' then 'pending' else q.status end,
        attempt_count = case when q.status = 'failed' then 0 else q.attempt_count end,
        error_message = case when q.status = 'failed' then null else q.error_message end,
        is_wanted_again = q.status = 'running',
        cause = case when q.status = 'running' and q.is_wanted_again then q.cause else excluded.cause end,
        requested_by = excluded.requested_by,
        requested_at = case when q.status = 'pending' then q.requested_at else at end,
        -- Of a run that is at work it is the end of the lease.
        next_attempt_at = case q.status when 'running' then q.next_attempt_at when 'failed' then at + wait
          else least(at + wait, q.requested_at + interval '10 minutes') end;
end $$;
comment on function romashka.queue_question_set(uuid, uuid, text, interval, uuid) is 'Has a set run after a while; a later call puts it off, by ten minutes at most.';

create or replace function romashka.queue_question_sets() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as queue_question_set. The argument is what changed.
declare
  place constant uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
  one record;
begin
  -- In the order of their ids, so that two changes do not wait for each other.
  for one in select s.id from public.question_sets as s where s.workspace_id = place and s.is_automatic order by s.id loop
    perform romashka.queue_question_set(one.id, place, tg_argv[0], '30 seconds');
  end loop;
  return null;
end $$;
comment on function romashka.queue_question_sets() is 'Trigger: what answers depend on changed, and so every automatic set of the workspace is run again.';

create or replace function romashka.queue_sets_on_setting() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as queue_question_set.
declare
  place constant uuid := case when tg_op = 'DELETE' then old.workspace_id else new.workspace_id end;
  key constant text := case when tg_op = 'DELETE' then old.setting_key else new.setting_key end;
  one record;
begin
  if key not in ('ai_confidence_threshold', 'ai_handoff_threshold') then return null; end if;
  for one in select s.id from public.question_sets as s where s.workspace_id = place and s.is_automatic order by s.id loop
    perform romashka.queue_question_set(one.id, place, 'settings', '30 seconds');
  end loop;
  return null;
end $$;
comment on function romashka.queue_sets_on_setting() is 'Trigger: as queue_question_sets, for the settings that answers depend on.';

create or replace function romashka.queue_changed_sets() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as queue_question_set.
declare
  one record;
begin
  -- In the order of their ids, as queue_question_sets does.
  for one in
    select distinct s.id, s.workspace_id from changed as c join public.question_sets as s on s.id = c.question_set_id and s.workspace_id = c.workspace_id and s.is_automatic order by s.id
  loop
    perform romashka.queue_question_set(one.id, one.workspace_id, 'questions', '30 seconds');
  end loop;
  return null;
end $$;
comment on function romashka.queue_changed_sets() is 'Trigger: sets whose questions changed are run again.';

create or replace trigger knowledge_revisions_50_evaluate after insert or update on romashka.knowledge_revisions
  for each row execute function romashka.queue_question_sets('knowledge');
create or replace trigger channel_assistants_60_evaluate after insert or delete or update of is_enabled, forbidden_topics on public.channel_assistants
  for each row execute function romashka.queue_question_sets('settings');
create or replace trigger ai_endpoints_60_evaluate after insert or delete or update of is_enabled, base_url, model, max_tokens on public.ai_endpoints
  for each row execute function romashka.queue_question_sets('settings');
create or replace trigger system_settings_60_evaluate after insert or delete or update of setting_value on public.system_settings
  for each row execute function romashka.queue_sets_on_setting();
create or replace trigger question_set_items_60_evaluate after insert on public.question_set_items referencing new table as changed
  for each statement execute function romashka.queue_changed_sets();
create or replace trigger question_set_items_60_evaluate_changed after update on public.question_set_items referencing new table as changed
  for each statement execute function romashka.queue_changed_sets();
create or replace trigger question_set_items_60_evaluate_removed after delete on public.question_set_items referencing old table as changed
  for each statement execute function romashka.queue_changed_sets();

create or replace function public.run_question_set(question_set uuid, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone; the workspace is checked first.
begin
  perform romashka.require_role(workspace, 'agent');
  if not exists (select from public.question_sets as s where s.id = question_set and s.workspace_id = run_question_set.workspace) then
    raise exception 'no such question set' using errcode = 'RM404';
  end if;
  perform romashka.queue_question_set(question_set, workspace, 'asked_for', '0 seconds',
    (select p.id from public.profiles as p where p.id = romashka.current_user_id()));
end $$;
comment on function public.run_question_set(uuid, uuid) is 'Has a question set run by the next free worker that has the model.';

create or replace function public.question_set_state(question_set uuid, workspace uuid default public.current_workspace_id())
returns table (status text, due_at timestamptz, error_message text) language plpgsql stable security definer set search_path = '' as $$
-- Definer: as run_question_set.
begin
  perform romashka.require_role(workspace, 'viewer');
  return query select q.status, q.next_attempt_at, q.error_message from romashka.question_set_queue as q
    where q.question_set_id = question_set and q.workspace_id = question_set_state.workspace;
end $$;
comment on function public.question_set_state(uuid, uuid) is 'Whether a set waits to be run (pending), is being run (running), or could not be (failed); no row when none of these.';

create or replace function romashka.claim_question_sets(batch_size integer, worker text, lease interval default '10 minutes')
returns table (question_set_id uuid, workspace_id uuid, lease_id uuid, cause text, requested_by uuid, language text, audience text)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  -- Whoever had it for the fifth time did not come back either.
  update romashka.question_set_queue as q set status = 'failed', lease_id = null, locked_by = null, error_message = 'the worker did not come back'
   where q.status = 'running' and q.next_attempt_at <= at and q.attempt_count >= 5;
  return query
    with chosen as materialized (
      select q.question_set_id, q.workspace_id from romashka.question_set_queue as q
        join public.workspaces as w on w.id = q.workspace_id and w.status = 'active'
       where q.status <> 'failed' and q.next_attempt_at <= at
         -- An article that cannot be indexed must not hold everything up.
         and (q.requested_at < at - interval '10 minutes' or not exists (select from romashka.knowledge_indexing as k
                where k.workspace_id = q.workspace_id and k.status in ('pending', 'indexing')))
       order by q.next_attempt_at limit greatest(1, least(batch_size, 100)) for update of q skip locked),
    taken as (
      update romashka.question_set_queue as q
         set status = 'running', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = q.attempt_count + 1, is_wanted_again = false
        from chosen as c where q.question_set_id = c.question_set_id and q.workspace_id = c.workspace_id returning q.*)
    select t.question_set_id, t.workspace_id, t.lease_id, t.cause, t.requested_by, s.language, s.audience
      from taken as t join public.question_sets as s on s.id = t.question_set_id and s.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_question_sets(integer, text, interval) is 'Takes up to batch_size sets that are to be run.';

create or replace function romashka.record_question_set_run(question_set uuid, workspace uuid, cause text, member uuid, run jsonb) returns uuid
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  made constant uuid := public.generate_uuid();
  before uuid;
begin
  -- Runs of one set are compared one after the other.
  perform from public.question_sets as s where s.id = question_set and s.workspace_id = record_question_set_run.workspace for no key update;
  if not found then return null; end if;
  select r.id into before from public.question_set_runs as r
   where r.question_set_id = question_set and r.workspace_id = record_question_set_run.workspace
     -- What a build server compares is what it ran itself: a run after the change it is to judge came before it.
     and (record_question_set_run.cause <> 'command' or r.cause = 'command')
   order by r.finished_at desc, r.id desc limit 1;
  -- A question that is gone meanwhile, as by the erasure of the customer who asked it, is not written down again.
  insert into public.question_set_runs (id, workspace_id, question_set_id, cause, requested_by, model, method, configuration, compared_with_id, question_count, passed_count,
    answered_count, right_count, regressed_count, fixed_count, answered_share, precision_share, hit_at_1, recall_at_5, ndcg_at_10, started_at)
  select made, record_question_set_run.workspace, question_set, record_question_set_run.cause, (select p.id from public.profiles as p where p.id = member),
         run ->> 'model', run ->> 'method', coalesce(run -> 'configuration', '{}'), before, count(*), count(*) filter (where f.has_passed),
         count(*) filter (where f.verdict = 'answered'), count(*) filter (where f.verdict = 'answered' and f.has_passed),
         count(*) filter (where o.has_passed and not f.has_passed), count(*) filter (where f.has_passed and not o.has_passed),
         round(count(*) filter (where f.verdict = 'answered' and not f.must_refuse)::numeric / nullif(count(*) filter (where not f.must_refuse), 0), 4),
         round(count(*) filter (where f.verdict = 'answered' and f.has_passed)::numeric / nullif(count(*) filter (where f.verdict = 'answered'), 0), 4),
         round(count(*) filter (where f.expected_rank = 1)::numeric / nullif(count(*) filter (where f.has_article), 0), 4),
         round(count(*) filter (where f.expected_rank <= 5)::numeric / nullif(count(*) filter (where f.has_article), 0), 4),
         -- One article is right: its gain, 1 / log2(rank + 1), is the figure (Järvelin and Kekäläinen 2002).
         round((sum(ln(2::double precision) / ln(f.expected_rank + 1)) filter (where f.has_article))::numeric / nullif(count(*) filter (where f.has_article), 0), 4),
         (run ->> 'started_at')::timestamptz
    from jsonb_to_recordset(run -> 'results') as f (item_id uuid, verdict text, has_passed boolean, expected_rank integer, has_article boolean, must_refuse boolean)
    join public.question_set_items as i on i.id = f.item_id and i.workspace_id = record_question_set_run.workspace and i.question_set_id = question_set
    left join public.question_set_results as o on o.run_id = before and o.workspace_id = i.workspace_id and o.item_id = i.id;
  insert into public.question_set_results (workspace_id, run_id, item_id, question, verdict, handoff_reason, probability, expected_rank, answer, passages, citations, missing_facts,
    has_passed, failure, change, duration_ms)
  select i.workspace_id, made, i.id, f.question, f.verdict, f.handoff_reason, round(f.probability, 4), f.expected_rank, f.answer, coalesce(f.passages, '[]'), coalesce(f.citations, '[]'),
         coalesce(f.missing_facts, '{}'), f.has_passed, f.failure,
         case when o.id is null then 'new' when o.has_passed = f.has_passed then 'same' when f.has_passed then 'fixed' else 'regressed' end, coalesce(f.duration_ms, 0)
    from jsonb_to_recordset(run -> 'results') as f (item_id uuid, question text, verdict text, handoff_reason text, probability numeric, expected_rank integer, answer text,
         passages jsonb, citations jsonb, missing_facts text[], has_passed boolean, failure text, duration_ms integer)
    join public.question_set_items as i on i.id = f.item_id and i.workspace_id = record_question_set_run.workspace and i.question_set_id = question_set
    left join public.question_set_results as o on o.run_id = before and o.workspace_id = i.workspace_id and o.item_id = i.id;
  -- A hundred runs back is history enough.
  delete from public.question_set_runs as r using (
      select x.id from public.question_set_runs as x where x.question_set_id = question_set and x.workspace_id = record_question_set_run.workspace
       order by x.finished_at desc, x.id desc offset 100) as old
   where r.id = old.id and r.workspace_id = record_question_set_run.workspace;
  return made;
end $$;
comment on function romashka.record_question_set_run(uuid, uuid, text, uuid, jsonb) is
  'Records a run with its results and figures, compared with the run before; returns its id, null where the set is gone.';

create or replace function romashka.finish_question_set(question_set uuid, workspace uuid, lease uuid, run jsonb) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  held romashka.question_set_queue;
begin
  -- The set, its questions, the queue: in this order, as who deletes a question or the set has them.
  perform from public.question_sets as s where s.id = question_set and s.workspace_id = finish_question_set.workspace for no key update;
  perform from public.question_set_items as i where i.question_set_id = question_set and i.workspace_id = finish_question_set.workspace order by i.id for key share;
  select q.* into held from romashka.question_set_queue as q
   where q.question_set_id = question_set and q.workspace_id = finish_question_set.workspace and q.lease_id = lease and q.status = 'running' for update;
  if not found then return null; end if;
  if held.is_wanted_again then
    update romashka.question_set_queue as q set status = 'pending', lease_id = null, locked_by = null, is_wanted_again = false, attempt_count = 0, next_attempt_at = at + interval '30 seconds'
     where q.question_set_id = question_set and q.workspace_id = finish_question_set.workspace;
  else
    delete from romashka.question_set_queue as q where q.question_set_id = question_set and q.workspace_id = finish_question_set.workspace;
  end if;
  -- A set without questions has no run.
  if run is null then return null; end if;
  return romashka.record_question_set_run(question_set, workspace, held.cause, held.requested_by, run);
end $$;
comment on function romashka.finish_question_set(uuid, uuid, uuid, jsonb) is 'Records a run that was claimed (none without questions), and ends its turn; null when the lease is lost.';

create or replace function romashka.fail_question_set(question_set uuid, workspace uuid, lease uuid, message text) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  state text;
begin
  update romashka.question_set_queue as q
     set status = case when q.attempt_count >= 5 then 'failed' else 'pending' end, lease_id = null, locked_by = null, error_message = left(fail_question_set.message, 2000),
         next_attempt_at = at + romashka.backoff(q.attempt_count, '5 seconds', '10 minutes', luck)
   where q.question_set_id = question_set and q.workspace_id = fail_question_set.workspace and q.lease_id = lease and q.status = 'running' returning q.status into state;
  return state;
end $$;
comment on function romashka.fail_question_set(uuid, uuid, uuid, text) is 'Gives a set back that could not be run: pending, or failed after five attempts. Null when the lease is lost.';

create or replace function public.add_questions_of_conversations(question_set uuid, most integer default 200, workspace uuid default public.current_workspace_id()) returns integer
language plpgsql set search_path = '' as $$
declare
  added integer;
begin
  if not exists (select from public.question_sets as s where s.id = question_set and s.workspace_id = add_questions_of_conversations.workspace) then
    raise exception 'no such question set' using errcode = 'RM404';
  end if;
  -- What the assistant answered and nobody objected to is expected again; what it left to people for its topic is expected to be left to them.
  with asked as (
    select distinct on (md5(left(coalesce(a.rewritten_question, a.question), 1000))) left(coalesce(a.rewritten_question, a.question), 1000) as question, a.conversation_id,
           case when a.verdict = 'answered' then (a.citations #>> '{0,article_id}')::uuid end as article, a.verdict = 'handed_off' as must_refuse, a.created_at, a.id
      from public.ai_answers as a
      join public.conversations as c on c.id = a.conversation_id and c.workspace_id = a.workspace_id and c.status in ('resolved', 'closed') and c.reopen_count = 0
      join public.conversation_analytics as f on f.conversation_id = c.id and f.workspace_id = c.workspace_id
     where a.workspace_id = add_questions_of_conversations.workspace and a.mode = 'automatic' and a.question <> '[erased]' and btrim(a.question) <> ''
       and (a.verdict = 'answered' and (a.was_helpful or (a.was_helpful is null and f.agent_messages = 0 and f.handoff_count = 0 and coalesce(c.satisfaction_score, 5) >= 4))
         or a.verdict = 'handed_off' and a.handoff_reason = 'policy' and a.was_helpful is distinct from false)
     order by md5(left(coalesce(a.rewritten_question, a.question), 1000)), a.created_at desc, a.id desc),
  made as (
    insert into public.question_set_items (workspace_id, question_set_id, question, expected_article_id, must_refuse, conversation_id)
    select add_questions_of_conversations.workspace, add_questions_of_conversations.question_set, q.question, q.article, q.must_refuse, q.conversation_id
      from asked as q where q.must_refuse or q.article is not null
     order by q.created_at desc, q.id desc limit greatest(1, least(most, 1000))
    on conflict (question_set_id, workspace_id, md5(question)) do nothing
    returning 1)
  select count(*) into added from made;
  -- Who was erased while this waited for his conversation is not written down again.
  with gone as (
    delete from public.question_set_items as i using public.conversations as c, public.customer_profiles as p
     where i.question_set_id = add_questions_of_conversations.question_set and i.workspace_id = add_questions_of_conversations.workspace
       and c.id = i.conversation_id and c.workspace_id = i.workspace_id and p.id = c.customer_id and p.workspace_id = c.workspace_id and p.erased_at is not null
    returning 1)
  select added - count(*) into added from gone;
  return added;
end $$;
comment on function public.add_questions_of_conversations(uuid, integer, uuid) is
  'Puts questions of resolved conversations into a set: those that were answered and helped, with their article, and those that were left to people for their topic. Returns how many are new. A question goes when its conversation does.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_members('public.run_question_set(uuid, uuid)');
  perform romashka.grant_members('public.question_set_state(uuid, uuid)');
  perform romashka.grant_members('public.add_questions_of_conversations(uuid, integer, uuid)');
  perform romashka.grant_function('romashka.claim_question_sets(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.record_question_set_run(uuid, uuid, text, uuid, jsonb)', 'service_role');
  perform romashka.grant_function('romashka.finish_question_set(uuid, uuid, uuid, jsonb)', 'service_role');
  perform romashka.grant_function('romashka.fail_question_set(uuid, uuid, uuid, text)', 'service_role');
end $$;

-- ============ 58-suggestions/verbs ============
-- Purpose: suggestions are collected from what was resolved, and accepted or rejected by people.
-- Invariants: each ended conversation is looked at once, because the ledger's cursor moves in the transaction that looks; a suggestion and its article are
-- one commit.
-- Who calls: the server's scheduler; members.
-- Lock risk: the cursor's row of the workspace, and the first rows of groups.

create or replace function romashka.without_courtesies(content text) returns text language plpgsql immutable set search_path = '' as $$
begin
  return btrim(regexp_replace(regexp_replace(content,
    '^\s*(hi|hello|hey|dear|good (morning|afternoon|evening|day)|hallo|guten (tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|bonjour|hola|buenos d[ií]as|ciao|привет|здравствуйте|добрый день)\M[^\n.?]{0,60}[,!.]?\s*\n+', '', 'i'),
    '\n\s*((best|kind|warm) (regards|wishes)|regards|cheers|sincerely|yours|viele gr[üu]ße|(mit )?(freundlichen|besten) gr[üu]ßen|liebe gr[üu]ße|cordialement|saludos|с уважением)\M.*$', '', 'i'), E' \t\r\n');
end $$;
comment on function romashka.without_courtesies(text) is 'An answer without the lines that greet a person and take leave.';

create or replace function public.collect_article_suggestions(workspace uuid, batch_size integer default 10000) returns integer
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone. Who finds the cursor locked leaves the work to whoever has it.
declare
  at constant timestamptz := pg_catalog.now();
  page record;
  pair record;
  head public.article_suggestions;
  total integer := 0;
begin
  insert into public.event_cursors (workspace_id, reader) values (workspace, 'article_suggestions') on conflict (workspace_id, reader) do nothing;
  select * into page from romashka.take_ledger_page(workspace, 'article_suggestions', batch_size);
  if page.to_transaction is null then return 0; end if;
  for pair in
    select c.id, c.language, btrim(asked.content, E' \t\r\n') as question, said.answer
      from (select distinct e.conversation_id from public.events as e
             where e.workspace_id = workspace and (e.transaction_id, e.id) > (page.after_transaction, page.after_event)
               and (e.transaction_id, e.id) <= (page.to_transaction, page.to_event) and e.kind in ('conversation.resolved', 'conversation.closed')) as ended
      join public.conversations as c on c.id = ended.conversation_id and c.workspace_id = workspace
     cross join lateral (
       select m.id, m.created_at, m.content from public.messages as m
        where m.conversation_id = c.id and m.workspace_id = workspace and m.sender_type = 'user' and m.message_type = 'text' and not m.is_quiet
          and length(m.content) between 15 and 2000 and btrim(m.content) ~ '\S\s+\S+\s+\S'
        order by m.created_at, m.id limit 1) as asked
     cross join lateral (
       select left(t.answer, 8000) as answer
         from (select romashka.without_courtesies(m.content) as answer, m.created_at, m.id from public.messages as m
                where m.conversation_id = c.id and m.workspace_id = workspace and m.sender_type = 'agent' and m.message_type = 'text' and not m.is_quiet
                  and (m.created_at, m.id) > (asked.created_at, asked.id)
                order by m.created_at, m.id limit 100) as t
        where length(t.answer) >= 40
        order by length(t.answer) desc, t.created_at, t.id limit 1) as said
     -- What displeased is no example, and neither is half of a talk.
     where c.status in ('resolved', 'closed') and c.merged_into_id is null and coalesce(c.satisfaction_score, 5) >= 4
       and not exists (select from public.article_suggestions as s where s.conversation_id = c.id and s.workspace_id = workspace)
     order by c.id
  loop
    head := null;
    select s.* into head from public.article_suggestions as s
     where s.workspace_id = workspace and s.group_id is null and s.language = pair.language
       and s.question operator(extensions.%) pair.question and extensions.similarity(s.question, pair.question) >= 0.5
     order by extensions.similarity(s.question, pair.question) desc, s.id limit 1 for update;
      insert into public.article_suggestions (workspace_id, conversation_id, group_id, question, answer, language, status, knowledge_item_id, decided_by, decided_at)
    values (workspace, pair.id, head.id, pair.question, pair.answer, pair.language, coalesce(head.status, 'pending'), head.knowledge_item_id,
            head.decided_by, head.decided_at);
    if head.id is not null then
      update public.article_suggestions as s set occurrences = s.occurrences + 1, updated_at = at where s.id = head.id and s.workspace_id = workspace;
    end if;
    total := total + 1;
  end loop;
  return total;
end $$;
comment on function public.collect_article_suggestions(uuid, integer) is
  'Reads the ledger on from where it stopped and makes of each conversation that an agent resolved a question and its answer, beside those that ask alike (similarity of trigrams from 0.5). A batch is of events. Returns how many suggestions were made.';

create or replace function romashka.lock_suggestion(suggestion uuid, workspace uuid) returns public.article_suggestions language plpgsql security definer set search_path = '' as $$
-- Definer: called by the two verbs below; who asks is checked first.
declare
  head public.article_suggestions;
begin
  perform romashka.require_role(workspace, 'agent');
  select f.* into head from public.article_suggestions as s
    join public.article_suggestions as f on f.id = coalesce(s.group_id, s.id) and f.workspace_id = s.workspace_id
   where s.id = suggestion and s.workspace_id = lock_suggestion.workspace for update of f;
  if not found then raise exception 'no such suggestion' using errcode = 'RM404'; end if;
  if head.status <> 'pending' then raise exception 'it was decided already: %', head.status using errcode = 'RM409'; end if;
  return head;
end $$;
comment on function romashka.lock_suggestion(uuid, uuid) is 'Locks the first row of a suggestion''s group. RM404 when there is none, RM409 when it was decided.';

create or replace function public.accept_article_suggestion(suggestion uuid, title text default null, content text default null, category uuid default null,
  publish boolean default false, workspace uuid default public.current_workspace_id()) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: suggestions are written by functions alone; who asks is checked by lock_suggestion.
declare
  at constant timestamptz := pg_catalog.now();
  head public.article_suggestions;
  decider constant uuid := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
  made uuid;
begin
  head := romashka.lock_suggestion(suggestion, workspace);
  if category is not null and not exists (select from public.knowledge_categories as k where k.id = category and k.workspace_id = workspace) then
    raise exception 'no such category' using errcode = 'RM404';
  end if;
  insert into public.knowledge_items (workspace_id, title, content, category_id, source_type, language, status, change_note, created_by)
  values (workspace, coalesce(accept_article_suggestion.title, left(head.question, 500)), coalesce(accept_article_suggestion.content, head.answer), category, 'manual',
          head.language, case when publish then 'active' else 'draft' end, 'suggested by conversations', decider)
  returning id into made;
  update public.article_suggestions as s set status = 'accepted', knowledge_item_id = made, decided_by = decider, decided_at = at, updated_at = at
   where (s.id = head.id or s.group_id = head.id) and s.workspace_id = workspace;
  return made;
end $$;
comment on function public.accept_article_suggestion(uuid, text, text, uuid, boolean, uuid) is
  'Makes an article of a suggestion, with a title and a text of one''s own where given, as a draft or published; returns it. The whole group is accepted.';

create or replace function public.reject_article_suggestion(suggestion uuid, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: as accept_article_suggestion.
declare
  at constant timestamptz := pg_catalog.now();
  head public.article_suggestions;
  decider constant uuid := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
begin
  head := romashka.lock_suggestion(suggestion, workspace);
  update public.article_suggestions as s set status = 'rejected', decided_by = decider, decided_at = at, updated_at = at
   where (s.id = head.id or s.group_id = head.id) and s.workspace_id = workspace;
end $$;
comment on function public.reject_article_suggestion(uuid, uuid) is 'Puts a suggestion away with its whole group; who asks alike later does not bring it back.';

create or replace function romashka.settle_suggestions() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: a conversation that is removed takes its row away, whoever removes it.
begin
  with touched as (select distinct coalesce(o.group_id, o.id) as first, o.workspace_id from old_rows as o),
  left_over as (
    select m.id, m.workspace_id, count(*) over of_group as members, first_value(m.id) over (of_group order by m.group_id nulls first, m.created_at, m.id) as head
      from touched as t join public.article_suggestions as m on m.workspace_id = t.workspace_id and (m.id = t.first or m.group_id = t.first)
    window of_group as (partition by t.first, t.workspace_id))
  update public.article_suggestions as s
     set group_id = case when l.id <> l.head then l.head end, occurrences = case when l.id = l.head then l.members else 1 end
    from left_over as l where s.id = l.id and s.workspace_id = l.workspace_id;
  return null;
end $$;
comment on function romashka.settle_suggestions() is 'Trigger: a group whose first row went goes on under the next, and counts anew.';
create or replace trigger article_suggestions_50_settle after delete on public.article_suggestions referencing old table as old_rows
  for each statement execute function romashka.settle_suggestions();

revoke execute on all functions in schema romashka from public;
do $$ begin
  revoke all on function romashka.settle_suggestions() from public, anon, authenticated, service_role;
  perform romashka.grant_function('public.collect_article_suggestions(uuid, integer)', 'service_role');
  perform romashka.grant_members('public.accept_article_suggestion(uuid, text, text, uuid, boolean, uuid)');
  perform romashka.grant_members('public.reject_article_suggestion(uuid, uuid)');
end $$;

-- ============ 80-integrations/verbs ============
-- Purpose: what channels bring besides new messages: files, reactions, corrections, further ids of a customer.
-- Invariants: a file is stored once, whoever is lost meanwhile; what arrives late never replaces what is newer; what arrives twice changes nothing.
-- Who calls: the server's workers.
-- Lock risk: row locks on the message and on queued files, the latter skipped by whoever claims.

-- Files ------------------------------------------------------------------------------------------------------------------------

create or replace function romashka.queue_media(channel uuid, message uuid, files jsonb, workspace uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  insert into romashka.media_fetches (id, workspace_id, channel_id, message_id, source)
  select (f ->> 'id')::uuid, workspace, channel, message, f -> 'source' from jsonb_array_elements(files) as f
  on conflict do nothing;
end $$;
comment on function romashka.queue_media(uuid, uuid, jsonb, uuid) is 'Says, in the transaction that takes a message in, which files are to be fetched: [{"id": of the attachment, "source": what the provider told}].';

create or replace function romashka.note_file(workspace uuid, message uuid, file uuid, news jsonb) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called by the verbs of the queue.
declare
  conversation uuid;
begin
  update public.messages as m
     set metadata = m.metadata || jsonb_build_object('files', coalesce((select jsonb_agg(case when f.value ->> 'attachment_id' = file::text then f.value || news else f.value end order by f.ordinality)
           from jsonb_array_elements(case when jsonb_typeof(m.metadata -> 'files') = 'array' then m.metadata -> 'files' else '[]' end) with ordinality as f), '[]')),
         media_url = coalesce(m.media_url, case when news ->> 'state' = 'stored' then '/api/v1/attachments/' || file || '/content' end)
   where m.id = message and m.workspace_id = note_file.workspace returning m.conversation_id into conversation;
  if found then perform romashka.record_event(note_file.workspace, 'message.updated', 'message', message, conversation, jsonb_build_object('file', news || jsonb_build_object('attachment_id', file))); end if;
end $$;
comment on function romashka.note_file(uuid, uuid, uuid, jsonb) is 'Shows on a message what became of one of its files, and says so in the ledger.';

create or replace function romashka.claim_media(batch_size integer, worker text, lease interval default '10 minutes')
returns table (id uuid, workspace_id uuid, channel_id uuid, message_id uuid, source jsonb, attempt_count integer, lease_id uuid, channel_type text, configuration jsonb, api_credentials jsonb)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  most_attempts constant integer := 25;
  lost record;
begin
  for lost in select x.id, x.workspace_id, x.message_id from romashka.media_fetches as x
               where x.status = 'fetching' and x.next_attempt_at <= at and x.attempt_count >= most_attempts limit batch_size for update skip locked loop
    update romashka.media_fetches as f set status = 'failed', lease_id = null, locked_by = null, error_message = 'the worker did not come back'
     where f.id = lost.id and f.workspace_id = lost.workspace_id;
    perform romashka.note_file(lost.workspace_id, lost.message_id, lost.id, '{"state": "failed", "error": "The file could not be fetched."}');
  end loop;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id from romashka.media_fetches as x
        join public.communication_channels as c on c.id = x.channel_id and c.workspace_id = x.workspace_id and c.status <> 'inactive'
        join public.workspaces as w on w.id = x.workspace_id and w.status = 'active'
       where x.status in ('pending', 'fetching') and x.next_attempt_at <= at
       order by x.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update of x skip locked),
    taken as (
      update romashka.media_fetches as f set status = 'fetching', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = f.attempt_count + 1
        from chosen where f.id = chosen.id and f.workspace_id = chosen.workspace_id returning f.*)
    select t.id, t.workspace_id, t.channel_id, t.message_id, t.source, t.attempt_count, t.lease_id, c.type, c.configuration, c.api_credentials
      from taken as t join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_media(integer, text, interval) is 'Takes up to batch_size files that are due to be fetched, with the channel they came by.';

create or replace function romashka.finish_media(file uuid, lease uuid, filename text, file_path text, file_size bigint, mime_type text, file_hash text, provider text default 'local') returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  item romashka.media_fetches;
begin
  delete from romashka.media_fetches as f where f.id = file and f.lease_id = lease and f.status = 'fetching' returning * into item;
  if not found then return false; end if;
  insert into public.file_attachments (id, workspace_id, conversation_id, message_id, filename, file_path, file_size, mime_type, file_hash, storage_provider)
  select file, m.workspace_id, m.conversation_id, m.id, finish_media.filename, finish_media.file_path, finish_media.file_size, finish_media.mime_type, finish_media.file_hash, provider
    from public.messages as m where m.id = item.message_id and m.workspace_id = item.workspace_id
  on conflict do nothing;
  perform romashka.note_file(item.workspace_id, item.message_id, file,
    jsonb_build_object('state', 'stored', 'name', finish_media.filename, 'content_type', finish_media.mime_type, 'size', finish_media.file_size));
  return true;
end $$;
comment on function romashka.finish_media(uuid, uuid, text, text, bigint, text, text, text) is
  'Says that a file was fetched: it becomes an attachment of its message. False when the lease is lost; put the bytes in place only when it is true, and before the commit.';

create or replace function romashka.fail_media(file uuid, lease uuid, message text, permanent boolean, wait interval default '10 seconds') returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  item romashka.media_fetches;
begin
  -- A provider keeps a file for days: with these waits it is asked for four of them.
  update romashka.media_fetches as f
     set status = case when permanent or f.attempt_count >= 20 then 'failed' else 'pending' end, lease_id = null, locked_by = null, error_message = left(fail_media.message, 2000),
         next_attempt_at = at + romashka.backoff(f.attempt_count, wait, '12 hours', luck)
   where f.id = file and f.lease_id = lease and f.status = 'fetching' returning * into item;
  if not found then return null; end if;
  if item.status = 'failed' then
    perform romashka.note_file(item.workspace_id, item.message_id, file, jsonb_build_object('state', 'failed', 'error', left(fail_media.message, 2000)));
  end if;
  return item.status;
end $$;
comment on function romashka.fail_media(uuid, uuid, text, boolean, interval) is
  'Gives a file back after a failed attempt: pending until the next one, failed after the last or when no further one could help, which its message shows. Null when the lease is lost.';

create or replace function public.retry_media(file uuid, workspace uuid default public.current_workspace_id()) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may change the queue himself.
declare
  item romashka.media_fetches;
begin
  perform romashka.require_role(workspace, 'agent');
  update romashka.media_fetches as f set status = 'pending', attempt_count = 0, next_attempt_at = pg_catalog.now()
   where f.id = file and f.workspace_id = workspace and f.status = 'failed' returning * into item;
  if not found then raise exception 'no file of this id has failed' using errcode = 'RM404'; end if;
  perform romashka.note_file(workspace, item.message_id, file, '{"state": "pending", "error": null}');
  return true;
end $$;
comment on function public.retry_media(uuid, uuid) is 'Fetches a file anew that could not be fetched. Always true.';

-- Deliveries with files ---------------------------------------------------------------------------------------------------------

create or replace function public.keep_delivery(delivery uuid, lease uuid, length interval) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update public.message_delivery_tracking as d set next_attempt_at = at + length
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending';
  return found;
end $$;
comment on function public.keep_delivery(uuid, uuid, interval) is
  'Prolongs the lease while what belongs to a message (a file) goes to the provider, and the customer gets nothing yet. False when the lease is lost.';

-- Reactions and corrections -----------------------------------------------------------------------------------------------------

create or replace function romashka.message_of(workspace uuid, channel text, place uuid, external_id text) returns uuid language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  known uuid;
begin
  select m.id into known from public.messages as m
   where m.workspace_id = workspace and m.channel_type = channel
     and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce(place, '00000000-0000-0000-0000-000000000000'::uuid) and m.external_message_id = external_id;
  if known is null then
    select d.message_id into known from public.message_delivery_tracking as d
     where d.workspace_id = workspace and d.channel_type = channel and d.external_message_id = external_id;
  end if;
  return known;
end $$;
comment on function romashka.message_of(uuid, text, uuid, text) is 'The message that a provider knows by an id: one of a customer on this channel, or one of ours.';

create or replace function romashka.note_reaction(workspace uuid, message uuid, reactor text, emoji text, at timestamptz) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  conversation uuid;
begin
  update public.messages as m
     set metadata = m.metadata || jsonb_build_object('reactions', coalesce(m.metadata -> 'reactions', '{}') || jsonb_build_object(reactor, jsonb_build_object('emoji', emoji, 'at', at)))
   where m.id = message and m.workspace_id = note_reaction.workspace
     and coalesce((m.metadata #>> array['reactions', reactor, 'at'])::timestamptz, '-infinity') < at
  returning m.conversation_id into conversation;
  if not found then return false; end if;
  perform romashka.record_event(note_reaction.workspace, 'message.updated', 'message', message, conversation, jsonb_build_object('reaction', emoji, 'by', reactor));
  return true;
end $$;
comment on function romashka.note_reaction(uuid, uuid, text, text, timestamptz) is
  'Shows a reaction on its message, under who reacted (customer or agent); a null emoji takes it back. One that is older than the known one changes nothing.';

create or replace function romashka.correct_message(workspace uuid, message uuid, correction text, content text, at timestamptz) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  known public.messages;
  is_newest boolean;
begin
  select * into known from public.messages as m where m.id = message and m.workspace_id = correct_message.workspace for update;
  if not found then return false; end if;
  if known.metadata -> 'edits' @> jsonb_build_array(jsonb_build_object('id', correction)) then return true; end if;
  is_newest := not exists (select from jsonb_array_elements(coalesce(known.metadata -> 'edits', '[]')) as e where (e ->> 'at')::timestamptz > at);
  update public.messages as m
     set content = case when is_newest then replace(correct_message.content, E'\x01', '') else m.content end,
         metadata = m.metadata || jsonb_build_object('edits', coalesce(m.metadata -> 'edits', '[]')
           || jsonb_build_object('id', correction, 'at', at, 'before', case when is_newest then m.content else correct_message.content end))
   where m.id = message and m.workspace_id = correct_message.workspace;
  return true;
end $$;
comment on function romashka.correct_message(uuid, uuid, text, text, timestamptz) is
  'Gives a message the words its writer changed it to and keeps the earlier ones under "edits". The same correction twice, or one that is older than the last, does not change the words. False when there is no such message.';

create or replace function romashka.withdraw_message(workspace uuid, message uuid, at timestamptz) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  conversation uuid;
begin
  update public.messages as m set metadata = m.metadata || jsonb_build_object('deleted_at', at)
   where m.id = message and m.workspace_id = withdraw_message.workspace and not m.metadata ? 'deleted_at' returning m.conversation_id into conversation;
  if found then
    perform romashka.record_event(withdraw_message.workspace, 'message.updated', 'message', message, conversation, jsonb_build_object('deleted_at', at));
    return true;
  end if;
  return exists (select from public.messages as m where m.id = message and m.workspace_id = withdraw_message.workspace);
end $$;
comment on function romashka.withdraw_message(uuid, uuid, timestamptz) is
  'Marks a message that its writer deleted for all; what it said stays for the agents. False when there is no such message.';

create or replace function romashka.add_identities(workspace uuid, customer uuid, channel text, external_ids text[]) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id, is_verified, verified_at, last_seen_at)
  select workspace, customer, channel, e, true, pg_catalog.now(), pg_catalog.now() from unnest(external_ids) as e order by e
  on conflict (workspace_id, channel_type, external_id) do nothing;
end $$;
comment on function romashka.add_identities(uuid, uuid, text, text[]) is 'Keeps further ids under which the provider says that a customer writes. One that is somebody else''s already stays his.';

create or replace function romashka.change_number(workspace uuid, customer uuid, channel text, old_id text, new_id text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  perform romashka.add_identities(workspace, customer, channel, array[new_id]);
  update public.conversations as c set customer_phone = '+' || ltrim(new_id, '+')
   where c.customer_id = customer and c.workspace_id = change_number.workspace and c.channel_type = channel and ltrim(c.customer_phone, '+') = ltrim(old_id, '+');
  update public.customer_profiles as p set phone = '+' || ltrim(new_id, '+')
   where p.id = customer and p.workspace_id = change_number.workspace and ltrim(p.phone, '+') = ltrim(old_id, '+');
end $$;
comment on function romashka.change_number(uuid, uuid, text, text, text) is 'A customer has a new number on a channel: he is known by it, and written to there, from now on.';

-- Reading and typing that a provider is told of -----------------------------------------------------------------------------------

create or replace function romashka.want_read_mark(conversation uuid, up_to timestamptz, typing boolean, workspace uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called by what shows presence and by a trigger, for members who may not write the queue.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  channel record;
  said text;
begin
  select x.id, x.configuration into channel from public.conversations as c
    join public.communication_channels as x on x.id = c.channel_id and x.workspace_id = c.workspace_id and x.status = 'active'
   where c.id = conversation and c.workspace_id = workspace and c.channel_type = 'whatsapp';
  -- WhatsApp shows that somebody types only together with that he has read.
  if not found or channel.configuration ->> 'read_receipts' = 'false' or typing and channel.configuration ->> 'typing_indicator' = 'false' then return; end if;
  select m.external_message_id into said from public.messages as m
   where m.conversation_id = conversation and m.workspace_id = workspace and m.sender_type = 'user' and m.external_message_id is not null
     and m.created_at <= up_to and m.created_at > at - interval '30 days'
   order by m.created_at desc, m.id desc limit 1;
  if said is null then return; end if;
  insert into romashka.read_marks as r (workspace_id, conversation_id, channel_id, external_message_id, wants_typing, next_attempt_at)
  values (workspace, conversation, channel.id, said, typing, at)
  on conflict (conversation_id, workspace_id) do update
     set channel_id = excluded.channel_id, external_message_id = excluded.external_message_id, wants_typing = excluded.wants_typing or r.is_pending and r.wants_typing,
         is_pending = true, attempt_count = 0, next_attempt_at = at, lease_id = null
   where case when typing then not (r.is_pending and r.wants_typing) and (r.typing_told_at is null or r.typing_told_at < at - interval '20 seconds')
              else r.told_message_id is distinct from excluded.external_message_id and not (r.is_pending and r.external_message_id = excluded.external_message_id) end;
end $$;
comment on function romashka.want_read_mark(uuid, timestamptz, boolean, uuid) is
  'Has WhatsApp told that what a customer wrote up to a moment was read, or that somebody types (at most once in 20 seconds); nothing where the channel''s settings read_receipts or typing_indicator are false.';

create or replace function romashka.tell_provider_of_reading() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as want_read_mark.
begin
  perform romashka.want_read_mark(new.conversation_id,
    coalesce((select m.created_at from public.messages as m where m.id = new.last_read_message_id and m.workspace_id = new.workspace_id), new.read_at), false, new.workspace_id);
  return null;
end $$;
comment on function romashka.tell_provider_of_reading() is 'Trigger: WhatsApp shows a customer that a member has read what he wrote.';
create or replace trigger conversation_reads_10_tell_provider after insert on public.conversation_reads
  for each row when (new.last_read_message_id is not null) execute function romashka.tell_provider_of_reading();
create or replace trigger conversation_reads_10_tell_provider_on_update after update on public.conversation_reads
  for each row when (new.last_read_message_id is distinct from old.last_read_message_id and new.last_read_message_id is not null) execute function romashka.tell_provider_of_reading();

create or replace function romashka.claim_read_marks(batch_size integer, lease interval default '1 minute')
returns table (conversation_id uuid, workspace_id uuid, channel_id uuid, external_message_id text, wants_typing boolean, attempt_count integer, lease_id uuid, configuration jsonb, api_credentials jsonb)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  return query
    with chosen as materialized (
      select x.conversation_id, x.workspace_id from romashka.read_marks as x
        join public.workspaces as w on w.id = x.workspace_id and w.status = 'active'
       where x.is_pending and x.next_attempt_at <= at order by x.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update of x skip locked),
    taken as (
      update romashka.read_marks as r set lease_id = token, next_attempt_at = at + lease, attempt_count = r.attempt_count + 1
        from chosen where r.conversation_id = chosen.conversation_id and r.workspace_id = chosen.workspace_id returning r.*)
    select t.conversation_id, t.workspace_id, t.channel_id, t.external_message_id, t.wants_typing, t.attempt_count, t.lease_id, c.configuration, c.api_credentials
      from taken as t join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_read_marks(integer, interval) is 'Takes up to batch_size talks of which a provider is to be told that they were read or that somebody types.';

create or replace function romashka.finish_read_mark(conversation uuid, lease uuid, is_told boolean, wait interval, workspace uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.read_marks as r
     set lease_id = null, is_pending = wait is not null and not is_told, wants_typing = false, next_attempt_at = at + coalesce(wait, interval '0'),
         told_message_id = case when is_told then r.external_message_id else r.told_message_id end,
         typing_told_at = case when is_told and r.wants_typing then at else r.typing_told_at end
   where r.conversation_id = conversation and r.workspace_id = workspace and r.lease_id = lease;
  return found;
end $$;
comment on function romashka.finish_read_mark(uuid, uuid, boolean, interval, uuid) is
  'Says whether the provider was told; else it is tried again after the wait, and without one given up. Typing is not told late. False when something newer is to be told.';

revoke execute on all functions in schema romashka from public;
do $$
declare
  signature text;
begin
  foreach signature in array array['romashka.queue_media(uuid, uuid, jsonb, uuid)', 'romashka.claim_media(integer, text, interval)',
    'romashka.finish_media(uuid, uuid, text, text, bigint, text, text, text)', 'romashka.fail_media(uuid, uuid, text, boolean, interval)', 'public.keep_delivery(uuid, uuid, interval)',
    'romashka.message_of(uuid, text, uuid, text)', 'romashka.note_reaction(uuid, uuid, text, text, timestamptz)', 'romashka.correct_message(uuid, uuid, text, text, timestamptz)',
    'romashka.withdraw_message(uuid, uuid, timestamptz)', 'romashka.add_identities(uuid, uuid, text, text[])', 'romashka.change_number(uuid, uuid, text, text, text)',
    'romashka.claim_read_marks(integer, interval)', 'romashka.finish_read_mark(uuid, uuid, boolean, interval, uuid)'] loop
    perform romashka.grant_function(signature, 'service_role');
  end loop;
  perform romashka.grant_members('public.retry_media(uuid, uuid)');
end $$;

-- ============ 90-operations/verbs ============
-- Purpose: the visitor's door, and what a person may ask of what is kept about him.
-- Invariants: a visitor reaches only his own conversation, by a token kept as a hash; erasure leaves the figures and takes the person out of every table.
-- Lock risk: erase_customer locks the rows of one customer.

create or replace function public.start_widget_conversation(widget_token text, visitor_token text, content text, visitor_name text default null, visitor_email text default null,
  client_message_id text default null, out conversation_id uuid, out message_id uuid) language plpgsql security definer set search_path = '' as $$
-- Definer: a visitor has no rights of his own; the two tokens are what he has.
declare
  place record;
  own uuid;
  token_hash bytea;
  stored record;
begin
  if length(coalesce(visitor_token, '')) < 32 then
    raise exception 'the visitor''s token is too short' using errcode = 'RM400', hint = 'At least 32 random characters, made once in the visitor''s browser.';
  end if;
  if length(trim(coalesce(content, ''))) not between 1 and 10000 then
    raise exception 'a message has 1 to 10,000 characters' using errcode = 'RM400';
  end if;
  if length(visitor_name) > 200 or length(visitor_email) > 320 or length(client_message_id) > 200 then
    raise exception 'a name has at most 200 characters, an address 320, an id 200' using errcode = 'RM400';
  end if;
  select w.workspace_id, w.widget_id into place from romashka.find_widget(widget_token) as w;
  if not found then
    raise exception 'no such widget' using errcode = 'RM404';
  end if;
  if (select w.requires_identity from public.widget_configurations as w where w.id = place.widget_id and w.workspace_id = place.workspace_id) then
    raise exception 'this widget is for visitors whom the site has proven' using errcode = 'RM403';
  end if;
  -- A token that its visitor made himself begins a session when it first writes. One whose session is over begins a new one, which sees nothing of the old.
  token_hash := pg_catalog.sha256(convert_to(visitor_token, 'UTF8'));
  perform romashka.begin_visitor(widget_token, token_hash);
  select f.session into own from romashka.find_visitor(widget_token, token_hash) as f;
  stored := romashka.take_visitor_message(own, content, visitor_name, visitor_email, null, client_message_id);
  conversation_id := stored.conversation_id;
  message_id := stored.message_id;
end $$;
comment on function public.start_widget_conversation(text, text, text, text, text, text) is
  'A visitor writes through the website''s widget: opens his conversation or goes on with it. The same client_message_id is stored once. An address he types is a claim.';

create or replace function romashka.limit_visitors(workspace uuid, customer uuid, opens boolean, seen_at timestamptz) returns void language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by take_visitor_message only. The visitor's identity is locked by then, so that his messages are counted one after the other.
declare
  most constant integer := (romashka.setting(workspace, 'rate_limit_requests_per_minute') #>> '{}')::integer;
  since constant timestamptz := seen_at - interval '1 minute';
  amount integer;
begin
  if romashka.setting(workspace, 'rate_limiting_enabled') = 'false'::jsonb then return; end if;
  select count(*) into amount from (
    select from public.conversations as c join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id
     where c.customer_id = customer and c.workspace_id = workspace and c.channel_type = 'website' and m.sender_type = 'user' and m.created_at > since limit most) as said;
  if opens and amount < most then
    -- A visitor's token costs nothing: whoever opens a conversation is counted with all who do. Who has one goes on.
    select count(*) into amount from (
      select from public.conversations as c where c.workspace_id = workspace and c.channel_type = 'website' and c.created_at > since limit most) as opened;
  end if;
  if amount >= most then
    raise exception 'too many messages within a minute' using errcode = 'RM429', hint = 'Wait a minute. The limit is the setting rate_limit_requests_per_minute.';
  end if;
end $$;
comment on function romashka.limit_visitors(uuid, uuid, boolean, timestamptz) is
  'Refuses (RM429) a visitor who has written rate_limit_requests_per_minute messages within a minute, and a new conversation when as many were opened on the website; off with rate_limiting_enabled.';

create or replace function public.read_widget_conversation(visitor_token text, widget_token text, after timestamptz default null)
returns table (message_id uuid, sender_type text, content text, created_at timestamptz) language plpgsql stable security definer set search_path = '' as $$
-- Definer: as start_widget_conversation. Only what was said on the website is shown, never another channel's history.
declare
  own uuid;
begin
  select s.id into own from romashka.find_widget(widget_token) as t join romashka.visitor_sessions as s on s.widget_id = t.widget_id and s.workspace_id = t.workspace_id
   where s.token_hash = pg_catalog.sha256(convert_to(coalesce(visitor_token, ''), 'UTF8')) and s.expires_at > pg_catalog.now();
  return query
    select m.id, m.sender_type::text, m.content, m.created_at
      from romashka.visitor_conversations(own) as c
      join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id and m.channel_type = 'website'
     where after is null or m.created_at > after
     order by m.created_at, m.id limit 200;
end $$;
comment on function public.read_widget_conversation(text, text, timestamptz) is 'What was said between a visitor and the workspace on its website, oldest first, 200 at a time.';

create or replace function public.export_customer(customer uuid, workspace uuid default public.current_workspace_id()) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
-- Definer: reads every table that may hold the person; the workspace and the role are checked first.
declare
  person jsonb;
begin
  perform romashka.require_role(workspace, 'admin');
  select to_jsonb(p) into person from public.customer_profiles as p where p.id = customer and p.workspace_id = workspace;
  if person is null then raise exception 'no such customer' using errcode = 'RM404'; end if;
  return jsonb_build_object(
    'format', 'romashka.customer/1', 'exported_at', pg_catalog.now(), 'profile', person,
    'merged_profiles', (select coalesce(jsonb_agg(to_jsonb(p) order by p.created_at), '[]') from public.customer_profiles as p where p.merged_into_id = customer and p.workspace_id = workspace),
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at), '[]') from public.customer_identities as i where i.customer_id = customer and i.workspace_id = workspace),
    'channel_preferences', (select coalesce(jsonb_agg(to_jsonb(p) order by p.channel_type), '[]') from public.customer_channel_preferences as p where p.customer_id = customer and p.workspace_id = workspace),
    'sms_opt_outs', (select coalesce(jsonb_agg(to_jsonb(o) order by o.changed_at, o.id), '[]') from public.sms_opt_outs as o
       where o.workspace_id = workspace and o.customer_number in (select i.external_id from public.customer_identities as i
              where i.customer_id = customer and i.workspace_id = workspace and i.channel_type = 'sms')),
    'conversations', (select coalesce(jsonb_agg(to_jsonb(c) || jsonb_build_object(
        'messages', (select coalesce(jsonb_agg(to_jsonb(m) order by m.created_at, m.id), '[]') from public.messages as m where m.conversation_id = c.id and m.workspace_id = workspace),
        'attachments', (select coalesce(jsonb_agg(to_jsonb(f) order by f.created_at), '[]') from public.file_attachments as f where f.conversation_id = c.id and f.workspace_id = workspace),
        'notes', (select coalesce(jsonb_agg(to_jsonb(n) order by n.created_at), '[]') from public.conversation_notes as n where n.conversation_id = c.id and n.workspace_id = workspace),
        'context', (select to_jsonb(x) from public.conversation_context as x where x.conversation_id = c.id and x.workspace_id = workspace),
        'ai_answers', (select coalesce(jsonb_agg(to_jsonb(a) order by a.created_at, a.id), '[]') from public.ai_answers as a where a.conversation_id = c.id and a.workspace_id = workspace),
        'figures', (select to_jsonb(a) from public.conversation_analytics as a where a.conversation_id = c.id and a.workspace_id = workspace))
        order by c.created_at), '[]') from public.conversations as c where c.customer_id = customer and c.workspace_id = workspace));
end $$;
comment on function public.export_customer(uuid, uuid) is 'Everything kept about a person, as JSON. For admins.';

create or replace function romashka.addresses_of(workspace uuid, people uuid[], talks uuid[]) returns text[] language plpgsql stable set search_path = '' as $$
begin
  -- Also those that were there before a change: what arrived under them may be kept.
  return array(
    select distinct lower(a.address) from (
      select p.email from public.customer_profiles as p where p.workspace_id = workspace and p.id = any (people)
      union all select p.phone from public.customer_profiles as p where p.workspace_id = workspace and p.id = any (people)
      union all select i.external_id from public.customer_identities as i where i.workspace_id = workspace and i.customer_id = any (people)
      union all select unnest(array[c.user_email, c.customer_phone, c.customer_social_id, c.external_conversation_id])
        from public.conversations as c where c.workspace_id = workspace and c.id = any (talks)
      union all select unnest(array[a.changes ->> k.key, a.changes -> k.key ->> 'from', a.changes -> k.key ->> 'to'])
        from public.audit_logs as a cross join (values ('email'), ('phone'), ('external_id')) as k (key)
       where a.workspace_id = workspace and a.redacted_at is null and a.changes ? k.key
         and (a.entity_id = any (people) or a.changes ->> 'customer_id' = any (people::text[]))) as known (address)
     cross join lateral (values (known.address), (nullif(ltrim(known.address, '+'), known.address))) as a (address)
     -- A shorter one would be found in what has nothing to do with the person.
     where length(a.address) >= 6 and a.address !~ '^\{');
end $$;
comment on function romashka.addresses_of(uuid, uuid[], uuid[]) is 'Under which addresses and numbers people are or were known in a workspace, in small letters.';

create or replace function romashka.erase_traces(workspace uuid, people uuid[], talks uuid[], addresses text[]) returns jsonb language plpgsql set search_path = '' as $$
declare
  said constant uuid[] := array(select m.id from public.messages as m where m.workspace_id = workspace and m.conversation_id = any (talks));
  at constant timestamptz := pg_catalog.now();
  arrived bigint;
  waiting bigint;
  told bigint;
  recorded bigint;
begin
  -- What channels sent us, as it came. What waits to be taken in is not touched: a batch may hold other people's messages.
  with mentioned as materialized (
    select w.id, w.created_at, w.status in ('pending', 'processing') as waits from public.webhook_events as w
     where w.workspace_id = workspace and exists (select from unnest(addresses) as a (address)
       where strpos(lower(w.payload::text), a.address) > 0 or strpos(lower(w.headers::text), a.address) > 0 or strpos(lower(encode(w.raw_body, 'escape')), a.address) > 0
          or strpos(lower(w.dedupe_key), a.address) > 0 or strpos(lower(w.ordering_key), a.address) > 0 or strpos(lower(w.error_message), a.address) > 0)),
  forgotten as (
    delete from romashka.webhook_event_keys as k using mentioned as m
     where k.workspace_id = workspace and k.event_id = m.id and not m.waits
       and exists (select from unnest(addresses) as a (address) where strpos(lower(k.dedupe_key), a.address) > 0)),
  cleared as (
    update public.webhook_events as w set payload = '{}', headers = '{}', raw_body = null, error_message = null, ordering_key = null,
      dedupe_key = case when exists (select from unnest(addresses) as a (address) where strpos(lower(w.dedupe_key), a.address) > 0) then null else w.dedupe_key end
      from mentioned as m where w.workspace_id = workspace and w.id = m.id and w.created_at = m.created_at and not m.waits
    returning w.id)
  select (select count(*) from cleared), (select count(*) from mentioned as m where m.waits) into arrived, waiting;

  -- What receivers were told, and what they answered.
  update public.webhook_logs as l set payload = null, response_body = null, error_message = null, attempts = '[]',
    status = case l.status when 'pending' then 'dead' else l.status end, completed_at = case l.status when 'pending' then at else l.completed_at end
   where l.workspace_id = workspace and (l.payload is not null or l.response_body is not null)
     and (l.payload -> 'data' ->> 'conversation_id' = any (talks::text[]) or l.payload -> 'data' ->> 'customer_id' = any (people::text[])
       or exists (select from unnest(addresses) as a (address) where strpos(lower(l.payload::text), a.address) > 0 or strpos(lower(l.response_body), a.address) > 0));
  get diagnostics told = row_count;

  -- The ledger keeps what happened and when; the words go.
  set local romashka.audit_work = 'redact';
  update public.events as e set payload = e.payload - array['reason', 'file', 'error', 'detail', 'reaction']
   where e.workspace_id = workspace and (e.conversation_id = any (talks) or e.subject_id = any (people)) and e.payload ?| array['reason', 'file', 'error', 'detail', 'reaction'];
  get diagnostics recorded = row_count;
  set local romashka.audit_work = '';

  delete from romashka.media_fetches as f where f.workspace_id = workspace and f.message_id = any (said);
  update public.sla_tracking as s set breach_reason = null where s.workspace_id = workspace and s.conversation_id = any (talks) and s.breach_reason is not null;
  update public.workflow_executions as e set error_message = null where e.workspace_id = workspace and e.conversation_id = any (talks) and e.error_message is not null;
  update public.sync_jobs as j set error_details = null
   where j.workspace_id = workspace and exists (select from unnest(addresses) as a (address) where strpos(lower(j.error_details::text), a.address) > 0);
  delete from romashka.visitor_sessions as v where v.workspace_id = workspace and lower(v.email) = any (addresses);
  return jsonb_build_object('incoming_events', arrived, 'incoming_events_waiting', waiting, 'outgoing_webhooks', told, 'ledger_rows', recorded);
end $$;
comment on function romashka.erase_traces(uuid, uuid[], uuid[], text[]) is
  'Takes people out of the queues, the raw incoming events and the ledger of a workspace; returns how many rows. Called by erase_customer.';

create or replace function public.erase_customer(customer uuid, reason text default null, workspace uuid default public.current_workspace_id()) returns jsonb
language plpgsql security definer set search_path = '' as $$
-- Definer: writes every table that may hold the person; the workspace and the role are checked first.
declare
  at constant timestamptz := pg_catalog.now();
  people uuid[];
  talks uuid[];
  touched jsonb := '{}'::jsonb;
  files jsonb;
  addresses text[];
  their_tags text[];
  rows_done bigint;
begin
  perform romashka.require_role(workspace, 'admin');
  if (select w.legal_hold from public.workspaces as w where w.id = workspace) then
    raise exception 'the workspace is under legal hold' using errcode = 'RM409', hint = 'Lift the hold first: update workspaces set legal_hold = false.';
  end if;
  perform from public.customer_profiles as p where p.id = customer and p.workspace_id = workspace for update;
  if not found then raise exception 'no such customer' using errcode = 'RM404'; end if;
  people := array(
    with recursive merged as (
      select customer as id
      union select p.id from public.customer_profiles as p join merged as m on p.merged_into_id = m.id where p.workspace_id = workspace)
    select m.id from merged as m);
  talks := array(select c.id from public.conversations as c where c.workspace_id = workspace and c.customer_id = any (people) order by c.id for update);

  addresses := romashka.addresses_of(workspace, people, talks);
  their_tags := array(select distinct unnest(p.tags) from public.customer_profiles as p where p.workspace_id = workspace and p.id = any (people));
  touched := romashka.erase_traces(workspace, people, talks, addresses);

  update public.messages as m set content = '[erased]', media_url = null, media_caption = null, metadata = '{}', knowledge_sources = '{}', external_message_id = null
   where m.workspace_id = workspace and m.conversation_id = any (talks);
  get diagnostics rows_done = row_count;
  touched := touched || jsonb_build_object('messages', rows_done);
  select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'storage_provider', f.storage_provider, 'file_path', f.file_path,
      'is_shared', exists (select from public.file_attachments as o where o.file_path = f.file_path and o.storage_provider = f.storage_provider
        and (o.workspace_id <> workspace or o.conversation_id is null or o.conversation_id <> all (talks))))), '[]') into files
    from public.file_attachments as f where f.workspace_id = workspace and f.conversation_id = any (talks);
  delete from public.file_attachments as f where f.workspace_id = workspace and f.conversation_id = any (talks);
  update public.conversation_notes as n set note = '[erased]' where n.workspace_id = workspace and n.conversation_id = any (talks);
  delete from public.scheduled_messages as s where s.workspace_id = workspace and s.conversation_id = any (talks);
  -- Answers that are kept for repeated requests may show the person, and are encrypted: none of the workspace is kept.
  delete from public.idempotency_keys as k where k.workspace_id = workspace and k.response_status is not null;
  -- A turn that was taken has lost its lease when this is done: what its worker knows is not written down any more.
  delete from romashka.assistant_turns as t where t.workspace_id = workspace and t.conversation_id = any (talks);
  update public.ai_answers as a set question = '[erased]', rewritten_question = null, answer = null, passages = '[]', generation = generation - 'draft' - 'reason', feedback_text = null
   where a.workspace_id = workspace and a.conversation_id = any (talks);
  -- With their results in every run.
  perform from public.question_set_items as q where q.workspace_id = workspace and q.conversation_id = any (talks) order by q.id for update;
  delete from public.question_set_items as q where q.workspace_id = workspace and q.conversation_id = any (talks);
  delete from public.article_suggestions as s where s.workspace_id = workspace and s.conversation_id = any (talks);
  delete from public.conversation_context as x where x.workspace_id = workspace and x.conversation_id = any (talks);
  delete from romashka.read_marks as r where r.workspace_id = workspace and r.conversation_id = any (talks);
  delete from public.conversation_thread_keys as t where t.workspace_id = workspace and t.conversation_id = any (talks);
  update public.knowledge_analytics as k set feedback_text = null where k.workspace_id = workspace and k.conversation_id = any (talks) and k.feedback_text is not null;
  update public.message_delivery_tracking as d set error_details = null, external_message_id = null from public.messages as m
   where m.id = d.message_id and m.workspace_id = workspace and d.workspace_id = workspace and m.conversation_id = any (talks);
  update public.workflow_executions as e set context = '{}', execution_log = '[]' where e.workspace_id = workspace and e.conversation_id = any (talks);
  update public.conversation_transfers as t set transfer_reason = null where t.workspace_id = workspace and t.conversation_id = any (talks);
  update public.conversations as c set user_name = null, user_email = null, customer_phone = null, customer_social_id = null, external_conversation_id = null, subject = null,
    last_message = case when c.last_message is null then null else '[erased]' end, satisfaction_comment = null, handoff_reason = null, business_context = '{}', custom_attributes = '{}', updated_at = at
   where c.workspace_id = workspace and c.id = any (talks);
  touched := touched || jsonb_build_object('conversations', cardinality(talks));
  delete from romashka.visitor_sessions as v using public.customer_identities as i
   where i.workspace_id = workspace and i.customer_id = any (people) and i.channel_type = 'website' and v.workspace_id = workspace and v.visitor = i.external_id;
  -- Should his number be written to again, Twilio refuses it and the opt-out is known anew.
  delete from public.sms_opt_outs as o using public.customer_identities as i
   where i.workspace_id = workspace and i.customer_id = any (people) and i.channel_type = 'sms' and o.workspace_id = workspace and o.customer_number = i.external_id;
  delete from public.customer_identities as i where i.workspace_id = workspace and i.customer_id = any (people);
  delete from public.customer_channel_preferences as p where p.workspace_id = workspace and p.customer_id = any (people);
  -- Rows of the older schema as they were: whatever names the person or one of his conversations.
  delete from public.adoption_findings as f where f.workspace_id = workspace
    and (f.source_id = any (people::text[]) or f.source_id = any (talks::text[]) or f.source_row ->> 'customer_id' = any (people::text[])
      or f.source_row ->> 'conversation_id' = any (talks::text[])
      or f.source_row ->> 'message_id' in (select m.id::text from public.messages as m where m.workspace_id = workspace and m.conversation_id = any (talks)));
  update public.customer_profiles as p set email = null, name = null, phone = null, company = null, location = null, tags = '{}', custom_fields = '{}', notes = null, do_not_contact_since = null,
    do_not_contact_reason = null, erased_at = at, updated_at = at
   where p.workspace_id = workspace and p.id = any (people);
  -- A tag that nobody else has is counted away at once.
  with taken as (
    delete from public.tag_changes as c where c.workspace_id = workspace and c.applies_to = 'customer' and c.tag = any (their_tags) returning c.tag, c.delta)
  insert into public.tag_counts as k (workspace_id, applies_to, tag, use_count)
  select workspace, 'customer', t.tag, sum(t.delta) from taken as t group by t.tag order by t.tag
  on conflict (workspace_id, applies_to, tag) do update set use_count = k.use_count + excluded.use_count;
  delete from public.tag_counts as k where k.workspace_id = workspace and k.applies_to = 'customer' and k.tag = any (their_tags) and k.use_count = 0;
  touched := touched || jsonb_build_object('profiles', cardinality(people), 'audit_rows', romashka.redact_audit(workspace, people || talks
    || array(select m.id from public.messages as m where m.workspace_id = workspace and m.conversation_id = any (talks))), 'files', files);
  perform romashka.record_event(workspace, 'customer.erased', 'customer', customer, null, jsonb_build_object('reason', reason));
  return touched;
end $$;
comment on function public.erase_customer(uuid, text, uuid) is
  'Takes a person out of every table, the queues, the ledger, the audit and the search; the figures stay. Returns what was touched and which files were removed; their bytes are in the queue of those to be removed, but not where somebody else has them too.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('public.start_widget_conversation', 'anon', 'authenticated', 'service_role');
  perform romashka.grant_function('public.read_widget_conversation', 'anon', 'authenticated', 'service_role');
  perform romashka.grant_function('public.export_customer', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.erase_customer', 'authenticated', 'service_role', 'romashka_admin');
end $$;

-- What people do to conversations and messages, and only when it is theirs to decide.
create or replace trigger conversations_90_audit_update
  after update of status, assigned_agent_id, team_id, priority, tags, customer_id, subject, department, custom_attributes, satisfaction_score, merged_into_id on public.conversations for each row
  when (old.status is distinct from new.status or old.assigned_agent_id is distinct from new.assigned_agent_id or old.team_id is distinct from new.team_id
    or old.priority is distinct from new.priority or old.tags is distinct from new.tags or old.customer_id is distinct from new.customer_id
    or old.subject is distinct from new.subject or old.department is distinct from new.department or old.custom_attributes is distinct from new.custom_attributes
    or old.satisfaction_score is distinct from new.satisfaction_score or old.merged_into_id is distinct from new.merged_into_id)
  execute function romashka.log_row_change('conversations');
create or replace trigger conversations_90_audit_delete after delete on public.conversations for each row execute function romashka.log_row_change('conversations');
create or replace trigger messages_90_audit_update after update of content, conversation_id, sender_type on public.messages for each row
  when (old.content is distinct from new.content or old.conversation_id is distinct from new.conversation_id or old.sender_type is distinct from new.sender_type)
  execute function romashka.log_row_change('messages');
create or replace trigger messages_90_audit_delete after delete on public.messages for each row execute function romashka.log_row_change('messages');

-- ============ 40-conversations/search ============
-- Purpose: the search in what was said.
-- Invariants: newest first, by keyset; what it costs does not grow with the history (decision 0004).
-- Lock risk: none.

create or replace function public.search_messages(query text, language text default null, before timestamptz default null, limit_count integer default 20, workspace uuid default public.current_workspace_id())
returns table (message_id uuid, conversation_id uuid, sender_type text, created_at timestamptz, content text, rank real)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
-- Definer: operators of text search are not leakproof, so under policies their index would not be used; the workspace is checked first and stands in the query.
-- The index gives no order. So the newest hour is looked at first, then four before it, sixteen …, until the page is full: what a frequent
-- word costs does not grow with the history. Planned once, without helpers: compiling or starting these would cost more than the search. What three days do not hold is rare enough to be looked for in all the rest at once.
declare
  wanted tsquery;
  candidates tsquery;
  phrased boolean;
  scope tsquery;
  missing integer := greatest(1, least(coalesce(limit_count, 20), 200));
  newest constant bigint := romashka.hour_of(least(before, clock_timestamp()));
  oldest timestamptz := to_timestamp((newest + 1) * 3600);
  looked_at integer := 0;
  hours integer := 1;
  here integer;
begin
  perform romashka.require_role(workspace, 'viewer');
  wanted := websearch_to_tsquery('pg_catalog.simple', query)
    || websearch_to_tsquery(romashka.search_configuration(coalesce(language, (select w.default_language from public.workspaces as w where w.id = workspace))), query);
  if query ~ '[а-яё]' or query ~ '[А-ЯЁ]' then wanted := wanted || websearch_to_tsquery('pg_catalog.russian', query); end if;
  if wanted is null or numnode(wanted) = 0 then return; end if;
  -- The index knows no places: a phrase is looked for as its words, and the documents of these are read one by one, newest first.
  phrased := wanted::text ~ ' <(-|[0-9]+)> ';
  candidates := case when phrased and wanted::text !~ '!' then regexp_replace(wanted::text, ' <(-|[0-9]+)> ', ' & ', 'g')::tsquery else wanted end;
  loop
    scope := case when looked_at < 85 then romashka.hours_query(workspace, newest - looked_at, hours) else quote_literal(romashka.workspace_lexeme(workspace))::tsquery end;
    if phrased then
      return query
        select m.id, m.conversation_id, m.sender_type::text, m.created_at, left(m.content, 500),
               ts_rank(romashka.message_document(m.workspace_id, m.created_at, m.language, m.content), wanted)
          from (select f.* from (select x.id, x.created_at from public.messages as x
                                  where romashka.message_document(x.workspace_id, x.created_at, x.language, x.content) @@ (scope && candidates)
                                    and x.workspace_id = workspace and (before is null or x.created_at < before)
                                    and (looked_at < 85 or x.created_at < oldest)
                                  order by x.created_at desc, x.id desc offset 0) as c
                  cross join lateral (select y.* from public.messages as y where y.id = c.id and y.workspace_id = workspace
                                       and romashka.message_document(y.workspace_id, y.created_at, y.language, y.content) @@ wanted offset 0) as f
                 limit missing) as m
         order by m.created_at desc, m.id desc;
    else
      return query
        select m.id, m.conversation_id, m.sender_type::text, m.created_at, left(m.content, 500),
               ts_rank(romashka.message_document(m.workspace_id, m.created_at, m.language, m.content), wanted)
          from (select x.* from public.messages as x
                 where romashka.message_document(x.workspace_id, x.created_at, x.language, x.content) @@ (scope && candidates)
                   and x.workspace_id = workspace and (before is null or x.created_at < before)
                   and (looked_at < 85 or x.created_at < oldest)
                 order by x.created_at desc, x.id desc limit missing) as m
         order by m.created_at desc, m.id desc;
    end if;
    get diagnostics here = row_count;
    missing := missing - here;
    exit when missing <= 0 or looked_at >= 85;
    looked_at := looked_at + hours;
    oldest := oldest - hours * interval '1 hour';
    hours := hours * 4;
  end loop;
end $$;
comment on function public.search_messages(text, text, timestamptz, integer, uuid) is 'Full-text search over all messages of a workspace, newest first; "before" continues after the last row.';

create or replace function public.find_in_messages(fragment text, before timestamptz default null, limit_count integer default 20, workspace uuid default public.current_workspace_id())
returns table (message_id uuid, conversation_id uuid, sender_type text, created_at timestamptz, content text)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
-- Definer: as search_messages. A frequent fragment is here among the newest messages, which are read hour by hour; after two thousand of them
-- in vain it is rare enough for the index of fragments.
declare
  pattern constant text := '%' || replace(replace(replace(fragment, '\', '\\'), '%', '\%'), '_', '\_') || '%';
  missing integer := greatest(1, least(coalesce(limit_count, 20), 200));
  newest constant bigint := romashka.hour_of(least(before, clock_timestamp()));
  oldest timestamptz := to_timestamp((newest + 1) * 3600);
  looked_at integer := 0;
  hours integer := 1;
  seen integer;
  read integer := 0;
  matches uuid[];
begin
  perform romashka.require_role(workspace, 'viewer');
  if length(trim(coalesce(fragment, ''))) < 3 then raise exception 'at least three characters' using errcode = 'RM400'; end if;
  while looked_at < 85 and read < 2000 loop
    select count(*), array_agg(x.id) filter (where x.content ilike pattern) into seen, matches from public.messages as x
     where romashka.message_document(x.workspace_id, x.created_at, x.language, x.content) @@ romashka.hours_query(workspace, newest - looked_at, hours)
       and x.workspace_id = workspace and (before is null or x.created_at < before);
    return query
      select m.id, m.conversation_id, m.sender_type::text, m.created_at, left(m.content, 500) from public.messages as m
       where m.id = any (matches) and m.workspace_id = workspace
       order by m.created_at desc, m.id desc limit missing;
    missing := missing - coalesce(cardinality(matches), 0);
    if missing <= 0 then return; end if;
    read := read + seen;
    looked_at := looked_at + hours;
    oldest := oldest - hours * interval '1 hour';
    hours := hours * 4;
  end loop;
  return query
    select m.id, m.conversation_id, m.sender_type::text, m.created_at, left(m.content, 500) from public.messages as m
     where m.workspace_id = workspace and m.content ilike pattern
       and (before is null or m.created_at < before) and m.created_at < oldest
     order by m.created_at desc, m.id desc limit missing;
end $$;
comment on function public.find_in_messages(text, timestamptz, integer, uuid) is 'Messages that contain a fragment anywhere (order numbers, parts of words), newest first.';

do $$ begin
  perform romashka.grant_members('public.search_messages(text, text, timestamptz, integer, uuid)');
  perform romashka.grant_members('public.find_in_messages(text, timestamptz, integer, uuid)');
end $$;

-- ============ 40-conversations/presence ============
-- Purpose: who is there, looks at what, and types.
-- Invariants: nobody writes another's presence; what is not renewed ends by itself.
-- Lock risk: rows of presence.

-- Presence: lasts 45 seconds without renewal, typing 8.
create or replace function public.show_presence(connection uuid, conversation uuid, typing boolean default false, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes presence himself, for then he could write another's.
declare
  person constant uuid := romashka.current_user_id();
  at constant timestamptz := pg_catalog.now();
begin
  perform romashka.require_role(workspace, 'viewer');
  if person is null then raise exception 'only a person is present' using errcode = 'RM403'; end if;
  if conversation is not null and not exists (select from public.conversations as c where c.id = conversation and c.workspace_id = workspace) then
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
  insert into public.presence as p (id, workspace_id, user_id, conversation_id, typing_until, expires_at)
  values (connection, workspace, person, conversation, case when typing and conversation is not null then at + interval '8 seconds' end, at + interval '45 seconds')
  on conflict (id, workspace_id) do update set conversation_id = excluded.conversation_id, typing_until = excluded.typing_until, expires_at = excluded.expires_at
   where p.user_id = excluded.user_id;
  if typing and conversation is not null then perform romashka.want_read_mark(conversation, at, true, workspace); end if;
end $$;
comment on function public.show_presence(uuid, uuid, boolean, uuid) is
  'Says that a person is there by a connection, what conversation is in view, and whether he types. Holds 45 seconds, typing 8.';

create or replace function romashka.renew_presence(connections uuid[]) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, for the connections it holds.
declare
  renewed integer;
begin
  update public.presence as p set expires_at = pg_catalog.now() + interval '45 seconds' where p.id = any (connections);
  get diagnostics renewed = row_count;
  return renewed;
end $$;
comment on function romashka.renew_presence(uuid[]) is 'Keeps the presence of connections that are still open; returns how many there were.';

create or replace function romashka.end_presence(connections uuid[]) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: as renew_presence. What is over goes with it.
declare
  removed integer;
begin
  delete from public.presence as p where p.id = any (connections);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function romashka.end_presence(uuid[]) is 'Removes the presence of connections that are closed; returns how many there were.';

do $$ begin
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_members('public.show_presence(uuid, uuid, boolean, uuid)');
  perform romashka.grant_function('romashka.renew_presence(uuid[])', 'service_role');
  perform romashka.grant_function('romashka.end_presence(uuid[])', 'service_role');
end $$;

-- ============ 40-conversations/files ============
-- Purpose: the bytes of files whose rows are gone.
-- Invariants: they go by the same commit as the row, through a queue that is never given up; bytes that another file has stay.
-- Lock risk: rows of the queue, skipped by whoever claims.

create or replace function romashka.queue_file_removal() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone. Whoever removes the row, and be it a cascade: the bytes go by the same commit or stay with it.
declare
  at constant timestamptz := pg_catalog.now();
begin
  -- Members write rows themselves: a path that this file cannot have leads to somebody else's bytes.
  if old.storage_provider not in ('s3', 'local') or old.file_path not in (
       replace(old.workspace_id::text, '-', '') || '/' || right(old.id::text, 2) || '/' || replace(old.id::text, '-', ''),
       coalesce(left(old.file_hash, 2) || '/' || substr(old.file_hash, 3, 2) || '/' || old.file_hash, '')) then
    return null;
  end if;
  insert into romashka.removed_files as q (id, workspace_id, storage_provider, file_path)
  values (old.id, old.workspace_id, old.storage_provider, old.file_path)
  on conflict (id, workspace_id) do update
    set storage_provider = excluded.storage_provider, file_path = excluded.file_path, attempt_count = 0, next_attempt_at = at, lease_id = null, locked_by = null, error_message = null, removed_at = at;
  return null;
end $$;
comment on function romashka.queue_file_removal() is 'Trigger: the bytes of a file whose row is gone are removed.';
create or replace trigger file_attachments_60_bytes after delete on public.file_attachments
  for each row execute function romashka.queue_file_removal();

create or replace function romashka.claim_removed_files(batch_size integer, worker text, lease interval default '5 minutes', chosen_files uuid[] default null)
returns table (id uuid, workspace_id uuid, storage_provider text, file_path text, attempt_count integer, lease_id uuid, is_shared boolean)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone, over all workspaces. Bytes that are named by their hash belong to every file that has them.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  return query
    with chosen as materialized (
      select x.id, x.workspace_id from romashka.removed_files as x
       where x.next_attempt_at <= at and (chosen_files is null or x.id = any (chosen_files))
       order by x.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update of x skip locked),
    taken as (
      update romashka.removed_files as q set lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = q.attempt_count + 1
        from chosen where q.id = chosen.id and q.workspace_id = chosen.workspace_id returning q.*)
    select t.id, t.workspace_id, t.storage_provider, t.file_path, t.attempt_count, t.lease_id,
           exists (select from public.file_attachments as f where f.id = t.id and f.workspace_id = t.workspace_id and f.file_path = t.file_path and f.storage_provider = t.storage_provider)
             or exists (select from public.file_attachments as f where f.file_hash = split_part(t.file_path, '/', 3) and f.file_path = t.file_path and f.storage_provider = t.storage_provider)
      from taken as t;
end $$;
comment on function romashka.claim_removed_files(integer, text, interval, uuid[]) is
  'Takes up to batch_size files whose bytes are to go, of those chosen or of all; says of each whether another file has the same bytes, which then stay.';

create or replace function romashka.finish_file_removal(file uuid, lease uuid, failure text, workspace uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if failure is null then
    delete from romashka.removed_files as q where q.id = file and q.workspace_id = workspace and q.lease_id = lease;
  else
    -- Never given up: what a person was promised to be erased must not lie there for ever because a storage was away.
    update romashka.removed_files as q
       set lease_id = null, locked_by = null, error_message = left(failure, 1000), next_attempt_at = at + least(interval '1 day', interval '10 seconds' * 2 ^ least(q.attempt_count - 1, 20))
     where q.id = file and q.workspace_id = workspace and q.lease_id = lease;
  end if;
  return found;
end $$;
comment on function romashka.finish_file_removal(uuid, uuid, text, uuid) is
  'Says that the bytes of a file are gone, or why not: then it is tried again after 10 s doubling to a day. False when the lease is lost.';

do $$ begin
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_function('romashka.claim_removed_files(integer, text, interval, uuid[])', 'service_role');
  perform romashka.grant_function('romashka.finish_file_removal(uuid, uuid, text, uuid)', 'service_role');
end $$;

-- ============ 50-knowledge/websites ============
-- Purpose: reading websites into the knowledge: the queue of scans, what becomes of a page, and its article.
-- Invariants: a request is made by whoever holds the scan's lease and its host, so that there is one at a time for each host over all scans, with the pause of
-- the scan before it, whoever made the last one; what comes of it is one commit with the
-- pages it leads to, the text, the article and the counters, so that a worker that is lost loses and doubles nothing; an article that somebody edited is
-- never written over.
-- Who calls: the server's workers; members cancel.
-- Lock risk: claims wait for each other for the moment of a claim; row locks on the scan, then its host, its job and its page.

create or replace function romashka.queue_scan() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
begin
  insert into romashka.website_scans (scan_job_id, workspace_id) values (new.id, new.workspace_id) on conflict do nothing;
  return null;
end $$;
comment on function romashka.queue_scan() is 'Trigger: a scan that is ordered is in the queue by the same commit.';
create or replace trigger website_scan_jobs_50_queue after insert on public.website_scan_jobs
  for each row when (new.status = 'pending') execute function romashka.queue_scan();

create or replace function romashka.end_scan(job uuid, workspace uuid, reason text default null) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: called by the verbs of this file.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  state text;
  code text := reason;
  troubles jsonb;
begin
  update public.website_scan_pages as p set status = 'excluded', code = coalesce(reason, 'ended'), finished_at = at
   where p.scan_job_id = job and p.workspace_id = workspace and p.status = 'pending';
  select case when reason = 'cancelled' then 'cancelled'
              when exists (select from public.website_scan_pages as p where p.scan_job_id = job and p.workspace_id = workspace and p.kind = 'page'
                             and p.status in ('taken', 'unchanged', 'duplicate', 'gone')) then 'completed' else 'failed' end into state;
  select jsonb_agg(jsonb_build_object('url', t.url, 'code', t.code, 'detail', t.detail) order by t.created_at, t.id) into troubles
    from (select p.id, p.url, p.code, p.detail, p.created_at from public.website_scan_pages as p
           where p.scan_job_id = job and p.workspace_id = workspace
             and (p.status = 'failed' or (p.status = 'excluded' and p.kind = 'page' and p.depth = 0 and p.code is distinct from reason))
           order by p.created_at, p.id limit 100) as t;
  if state = 'failed' and code is null then code := 'nothing_read'; end if;
  update public.website_scan_jobs as j
     set status = state, progress_percentage = case when state = 'completed' then 100 else j.progress_percentage end, completed_at = at,
         started_at = coalesce(j.started_at, at),
         error_details = case when code is null and troubles is null then null else jsonb_strip_nulls(jsonb_build_object('code', code, 'pages', troubles)) end
   where j.id = job and j.workspace_id = workspace;
  delete from romashka.website_scans as s where s.scan_job_id = job and s.workspace_id = end_scan.workspace;
  -- Longer than any pause or wait that is kept: nobody needs to know of these hosts.
  delete from romashka.website_hosts as h
   where h.site in (select o.site from romashka.website_hosts as o where o.free_at < at - interval '1 hour' order by o.site limit 1000 for update skip locked);
  return state;
end $$;
comment on function romashka.end_scan(uuid, uuid, text) is
  'Ends a scan: completed when any page was read, else failed; what was not visited is excluded with the reason (limit_pages, limit_time, limit_bytes, cancelled).';

create or replace function romashka.claim_scan_page(worker text, lease interval default '3 minutes', job uuid default null)
returns table (scan_job_id uuid, workspace_id uuid, lease_id uuid, page_id uuid, kind text, url text, site text, depth integer, attempt integer, urls text[], settings jsonb,
  wishes jsonb, rules jsonb, etag text, last_modified text)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  scan romashka.website_scans;
  ordered public.website_scan_jobs;
  page public.website_scan_pages;
  reason text;
  host_due timestamptz;
begin
  -- Two claims at once could each find the other's host free.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('claim_scan_page', 0));
  loop
    select s.* into scan from romashka.website_scans as s join public.workspaces as w on w.id = s.workspace_id and w.status = 'active'
     where s.next_attempt_at <= at and (job is null or s.scan_job_id = job)
     order by s.next_attempt_at limit 1 for update of s skip locked;
    if not found then return; end if;
    select j.* into ordered from public.website_scan_jobs as j where j.id = scan.scan_job_id and j.workspace_id = scan.workspace_id;
    if cardinality(scan.sites) = 0 then
      if scan.attempt_count >= 5 then
        perform romashka.end_scan(scan.scan_job_id, scan.workspace_id, 'worker_lost');
        continue;
      end if;
      update romashka.website_scans as s set lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = s.attempt_count + 1
       where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
      return query select scan.scan_job_id, scan.workspace_id, token, null::uuid, 'begin'::text, ''::text, ''::text, 0, scan.attempt_count + 1, ordered.urls,
        ordered.scan_settings, scan.wishes, null::jsonb, null::text, null::text;
      return;
    end if;
    reason := case when scan.page_count >= scan.page_limit then 'limit_pages' when at >= scan.ends_at then 'limit_time' when scan.byte_count >= scan.byte_limit then 'limit_bytes' end;
    if not exists (select from public.website_scan_pages as p where p.scan_job_id = scan.scan_job_id and p.workspace_id = scan.workspace_id and p.status = 'pending') then
      perform romashka.end_scan(scan.scan_job_id, scan.workspace_id);
      continue;
    end if;
    if reason is not null then
      perform romashka.end_scan(scan.scan_job_id, scan.workspace_id, reason);
      continue;
    end if;
    select p.* into page from public.website_scan_pages as p
     where p.scan_job_id = scan.scan_job_id and p.workspace_id = scan.workspace_id and p.status = 'pending'
       and not exists (select from romashka.website_hosts as h where h.site = p.site and greatest(h.free_at, h.asked_at + scan.pause) > at)
     order by p.kind = 'page', p.kind = 'sitemap', p.attempt_count, p.depth, p.id limit 1;
    if not found then
      -- A request may end long before its lease does.
      select min(case when h.lease_id is null or h.free_at <= at then greatest(h.free_at, h.asked_at + scan.pause) else least(h.free_at, at + interval '500 milliseconds') end) into host_due
        from romashka.website_hosts as h where h.site = any (scan.sites) and greatest(h.free_at, h.asked_at + scan.pause) > at;
      update romashka.website_scans as s set next_attempt_at = least(coalesce(host_due, at + interval '500 milliseconds'), s.ends_at + interval '1 millisecond')
       where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
      continue;
    end if;
    if page.attempt_count >= 5 then
      -- Whoever began it was lost each time.
      update public.website_scan_pages as p set status = 'failed', code = coalesce(p.code, 'worker_lost'), finished_at = at where p.id = page.id and p.workspace_id = page.workspace_id;
      if page.kind = 'robots' then
        -- What is allowed there is not known.
        update public.website_scan_pages as p set status = 'failed', code = 'robots_unreachable', finished_at = at
         where p.scan_job_id = scan.scan_job_id and p.workspace_id = scan.workspace_id and p.site = page.site and p.status = 'pending';
      end if;
      continue;
    end if;
    update public.website_scan_pages as p set attempt_count = p.attempt_count + 1 where p.id = page.id and p.workspace_id = page.workspace_id;
    insert into romashka.website_hosts as h (site, lease_id, free_at) values (page.site, token, at + lease)
    on conflict on constraint website_hosts_pkey do update set lease_id = excluded.lease_id, free_at = excluded.free_at;
    update romashka.website_scans as s set lease_id = token, locked_by = worker, page_id = page.id, next_attempt_at = at + lease
     where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
    return query
      select scan.scan_job_id, scan.workspace_id, token, page.id, page.kind, page.url, page.site, page.depth, page.attempt_count + 1, ordered.urls, ordered.scan_settings, scan.wishes,
             (select r.rules from public.website_scan_pages as r
               where r.scan_job_id = scan.scan_job_id and r.workspace_id = scan.workspace_id and r.site = page.site and r.kind = 'robots' and r.rules is not null limit 1),
             -- What is to become an article and is none yet has to be sent whole.
             case when k.is_gone or (scan.wishes ->> 'articles' <> 'none' and k.knowledge_item_id is null) then null else k.etag end,
             case when k.is_gone or (scan.wishes ->> 'articles' <> 'none' and k.knowledge_item_id is null) then null else k.last_modified end
        from (select) as always
        left join romashka.website_pages as k on k.workspace_id = scan.workspace_id and k.url = page.url;
    return;
  end loop;
end $$;
comment on function romashka.claim_scan_page(text, interval, uuid) is
  'Takes the next request of a scan that is due, or of the scan that is named: a page, a sitemap, a robots.txt, or its beginning. Ends scans that are at their end.';

create or replace function romashka.add_scan_pages(job uuid, workspace uuid, depth_limit integer, page_limit integer, pages jsonb) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: called by the verbs of this file. A site without end fills no table: four times the pages that are read are noted down.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  room constant bigint := 4 * page_limit::bigint + 100 - (select count(*) from public.website_scan_pages as p where p.scan_job_id = job and p.workspace_id = workspace);
  made integer;
  done integer;
begin
  with added as (
    insert into public.website_scan_pages (workspace_id, scan_job_id, kind, url, site, depth, status, code, detail, finished_at)
    select workspace, job, l.kind, left(l.url, 2048), coalesce(l.site, ''), coalesce(l.depth, 0), coalesce(l.status, 'pending'), l.code, left(l.detail, 2000), case when l.status is not null then at end
      from jsonb_to_recordset(pages) as l (kind text, url text, site text, depth integer, status text, code text, detail text)
     where coalesce(l.depth, 0) <= depth_limit or l.kind <> 'page'
     limit greatest(0, room)
    on conflict (scan_job_id, workspace_id, url) do nothing
    returning website_scan_pages.kind, website_scan_pages.status)
  select count(*) filter (where a.kind = 'page'), count(*) filter (where a.kind = 'page' and a.status <> 'pending') into made, done from added as a;
  if made > 0 then
    update public.website_scan_jobs as j set pages_found = j.pages_found + made, pages_processed = j.pages_processed + done where j.id = job and j.workspace_id = workspace;
  end if;
end $$;
comment on function romashka.add_scan_pages(uuid, uuid, integer, integer, jsonb) is 'Notes down what a scan is to visit, each address once.';

create or replace function romashka.begin_scan(job uuid, workspace uuid, lease uuid, sites text[], pages jsonb, page_limit integer, depth_limit integer, byte_limit bigint, seconds double precision,
  pause double precision, wishes jsonb, refusal text default null) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  perform from romashka.website_scans as s where s.scan_job_id = job and s.workspace_id = begin_scan.workspace and s.lease_id = lease for update;
  if not found then return false; end if;
  update public.website_scan_jobs as j set status = 'scanning', started_at = coalesce(j.started_at, at) where j.id = job and j.workspace_id = begin_scan.workspace;
  perform romashka.add_scan_pages(job, workspace, depth_limit, page_limit, pages);
  if refusal is not null or cardinality(sites) = 0 then
    perform romashka.end_scan(job, workspace, refusal);
    return true;
  end if;
  -- Known pages are visited although nothing leads to them any more: so it is found that they are gone.
  perform romashka.add_scan_pages(job, workspace, depth_limit, page_limit,
    (select coalesce(jsonb_agg(jsonb_build_object('kind', 'page', 'url', k.url, 'site', k.site, 'depth', k.depth) order by k.depth, k.url), '[]')
       from (select w.url, w.site, w.depth from romashka.website_pages as w
              where w.workspace_id = begin_scan.workspace and w.site = any (begin_scan.sites) and not w.is_gone and w.depth <= begin_scan.depth_limit
              order by w.depth, w.url limit begin_scan.page_limit) as k));
  update romashka.website_scans as s
     set sites = begin_scan.sites, page_limit = begin_scan.page_limit, depth_limit = begin_scan.depth_limit, byte_limit = begin_scan.byte_limit, wishes = begin_scan.wishes,
         pause = make_interval(secs => begin_scan.pause), ends_at = at + make_interval(secs => seconds), lease_id = null, locked_by = null, next_attempt_at = at
   where s.scan_job_id = job and s.workspace_id = begin_scan.workspace;
  return true;
end $$;
comment on function romashka.begin_scan(uuid, uuid, uuid, text[], jsonb, integer, integer, bigint, double precision, double precision, jsonb, text) is
  'Begins a scan with what is to be visited first; without a site, or with a refusal, it ends at once. False when the lease is lost.';

create or replace function romashka.place_page_article(workspace uuid, page_url text, known romashka.website_pages, text_read jsonb, wishes jsonb)
returns table (article_id uuid, article_version integer, was_edited boolean) language plpgsql security definer set search_path = '' as $$
-- Definer: called by finish_scan_page.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  publishes constant boolean := wishes ->> 'articles' = 'publish';
  new_title constant text := text_read ->> 'title';
  new_content constant text := text_read ->> 'content';
  item public.knowledge_items;
begin
  if known.knowledge_item_id is not null then
    select i.* into item from public.knowledge_items as i where i.id = known.knowledge_item_id and i.workspace_id = workspace for update;
  else
    select i.* into item from public.knowledge_items as i
     where i.workspace_id = workspace and i.source_type = 'url' and md5(i.source_url) = md5(page_url) and i.source_url = page_url order by i.created_at, i.id limit 1 for update;
  end if;
  if item.id is null then
    return query
      insert into public.knowledge_items as i (workspace_id, title, content, source_type, source_url, language, audience, status, confidence_score, change_note)
      values (workspace, new_title, new_content, 'url', page_url, coalesce(text_read ->> 'language', wishes ->> 'language', 'en'), coalesce(wishes ->> 'audience', 'public'),
        case when publishes then 'active' else 'draft' end, coalesce((text_read ->> 'quality')::numeric, 0.8), 'read from its page')
      returning i.id, i.version, false;
  elsif item.title = new_title and item.content = new_content or item.version = known.article_version then
    return query
      update public.knowledge_items as i
         set title = new_title, content = new_content,
             change_note = case when i.title = new_title and i.content = new_content then i.change_note else 'its page was changed, after version ' || i.version end,
             status = case when i.status = 'archived' and known.is_archived then case when publishes then 'active' else 'draft' end
                           -- One that was published before was taken back by a person.
                           when i.status = 'draft' and i.published_at is null and publishes then 'active' else i.status end
       where i.id = item.id and i.workspace_id = workspace
      returning i.id, i.version, false;
  else
    -- What a person wrote stays; he is asked to look at the page.
    update public.knowledge_items as i set review_due_at = least(i.review_due_at, at) where i.id = item.id and i.workspace_id = workspace;
    return query select item.id, known.article_version, true;
  end if;
end $$;
comment on function romashka.place_page_article(uuid, text, romashka.website_pages, jsonb, jsonb) is
  'Makes the article of a page, or brings it up to date where nobody edited it; else it is put up for review.';

create or replace function romashka.retire_page(workspace uuid, page_url text, wishes jsonb) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: called by finish_scan_page.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  known romashka.website_pages;
begin
  update romashka.website_pages as k set is_gone = true, seen_at = at where k.workspace_id = retire_page.workspace and k.url = page_url and not k.is_gone returning k.* into known;
  if known.knowledge_item_id is not null then
    update public.knowledge_items as i set status = 'archived'
     where i.id = known.knowledge_item_id and i.workspace_id = retire_page.workspace and i.status <> 'archived'
       and (wishes ->> 'archive_gone')::boolean and i.version = known.article_version;
    if found then
      -- What a scan has put away, a scan may bring back.
      update romashka.website_pages as k set is_archived = true where k.id = known.id and k.workspace_id = known.workspace_id;
    else
      update public.knowledge_items as i set review_due_at = least(i.review_due_at, at)
       where i.id = known.knowledge_item_id and i.workspace_id = retire_page.workspace and i.status <> 'archived';
    end if;
  end if;
  return known.knowledge_item_id;
end $$;
comment on function romashka.retire_page(uuid, text, jsonb) is 'A known page is gone: its article is archived where the scan says so and nobody edited it, else put up for review.';

create or replace function romashka.finish_scan_page(page uuid, workspace uuid, lease uuid, report jsonb) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  scan romashka.website_scans;
  seen public.website_scan_pages;
  known romashka.website_pages;
  text_read constant jsonb := report -> 'text';
  outcome text := report ->> 'outcome';
  reason text := report ->> 'code';
  words text := report ->> 'detail';
  wait constant interval := make_interval(secs => coalesce((report ->> 'wait')::double precision, 0));
  leads jsonb := coalesce(report -> 'links', '[]');
  twin text;
  placed record;
  item uuid;
  sent_bytes constant bigint := coalesce((report ->> 'bytes')::bigint, 0);
  new_sketch bit(512);
  is_put_off boolean;
begin
  select s.* into scan from romashka.website_scans as s where s.workspace_id = finish_scan_page.workspace and s.page_id = page and s.lease_id = lease for update;
  -- Its host is free also where the scan was ended meanwhile. Who is too busy is left alone by all, whether or not this scan comes back.
  update romashka.website_hosts as h
     set lease_id = null, free_at = at + greatest(case when outcome = 'retry' and (report ->> 'http_status') in ('429', '503') then wait else '0'::interval end,
           -- Whose pause is longer comes to his turn as well.
           (select max(o.pause) from romashka.website_scans as o where h.site = any (o.sites) and (o.scan_job_id, o.workspace_id) <> (scan.scan_job_id, scan.workspace_id))),
         asked_at = case when (report ->> 'was_asked')::boolean then at else h.asked_at end
   where h.lease_id = lease;
  if scan.scan_job_id is null then return null; end if;
  select p.* into seen from public.website_scan_pages as p where p.id = page and p.workspace_id = finish_scan_page.workspace and p.status = 'pending' for update;
  if not found then return null; end if;

  if outcome = 'retry' then
    if seen.attempt_count < 4 and at + wait < scan.ends_at then
      update public.website_scan_pages as p set code = reason, detail = left(words, 2000), http_status = (report ->> 'http_status')::integer, byte_count = p.byte_count + sent_bytes
       where p.id = page and p.workspace_id = finish_scan_page.workspace;
      update romashka.website_scans as s set lease_id = null, locked_by = null, page_id = null, byte_count = s.byte_count + sent_bytes, next_attempt_at = at + wait
       where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
      return 'retry';
    end if;
    outcome := 'failed';
  end if;

  select k.* into known from romashka.website_pages as k where k.workspace_id = finish_scan_page.workspace and k.url = seen.url for update;
  if outcome = 'taken' then
    new_sketch := ('x' || (text_read ->> 'sketch'))::bit(512);
    if known.checksum is distinct from text_read ->> 'checksum' then
      select k.url into twin from romashka.website_pages as k
       where k.workspace_id = finish_scan_page.workspace and k.site = seen.site and k.url <> seen.url and not k.is_gone
         and (k.checksum = text_read ->> 'checksum' or bit_count(('x' || encode(k.sketch, 'hex'))::bit(512) # new_sketch) <= 12)
       order by k.depth, k.seen_at limit 1;
    end if;
    if twin is not null then
      outcome := 'duplicate';
      words := twin;
      -- One that had an article of its own has it no more.
      if known.id is not null then item := romashka.retire_page(workspace, seen.url, scan.wishes); end if;
    else
      if known.id is not null and not known.is_gone and known.checksum = text_read ->> 'checksum' and (scan.wishes ->> 'articles' = 'none' or known.knowledge_item_id is not null) then
        outcome := 'unchanged';
        item := known.knowledge_item_id;
      else
        insert into public.extracted_content (workspace_id, scan_job_id, url, title, content, content_type, headings, metadata, word_count, processing_quality)
        values (workspace, scan.scan_job_id, seen.url, text_read ->> 'title', text_read ->> 'content', text_read ->> 'content_type', text_read -> 'headings', text_read -> 'metadata',
          (text_read ->> 'word_count')::integer, (text_read ->> 'quality')::numeric);
        item := known.knowledge_item_id;
        if scan.wishes ->> 'articles' <> 'none' then
          select a.* into placed from romashka.place_page_article(workspace, seen.url, known, text_read, scan.wishes) as a;
          item := placed.article_id;
          known.article_version := placed.article_version;
          if placed.was_edited then reason := 'edited'; end if;
        end if;
      end if;
      -- What was read and not put into its article is asked for again by the next scan.
      is_put_off := outcome <> 'unchanged' and scan.wishes ->> 'articles' = 'none' and known.knowledge_item_id is not null;
      insert into romashka.website_pages as k (workspace_id, url, site, depth, etag, last_modified, checksum, sketch, links, knowledge_item_id, article_version, seen_at)
      values (workspace, seen.url, seen.site, seen.depth, case when not is_put_off then report ->> 'etag' end, case when not is_put_off then report ->> 'last_modified' end,
        case when is_put_off then known.checksum else text_read ->> 'checksum' end, case when is_put_off then known.sketch else decode(text_read ->> 'sketch', 'hex') end,
        array(select l ->> 'url' from jsonb_array_elements(leads) as l limit 1000), item, known.article_version, at)
      on conflict (workspace_id, url) do update
        set depth = least(k.depth, excluded.depth), etag = excluded.etag, last_modified = excluded.last_modified, checksum = excluded.checksum, sketch = excluded.sketch, links = excluded.links,
            is_gone = false, is_archived = false, knowledge_item_id = excluded.knowledge_item_id, article_version = excluded.article_version, seen_at = excluded.seen_at;
    end if;
  elsif outcome = 'unchanged' then
    item := known.knowledge_item_id;
    leads := (select coalesce(jsonb_agg(jsonb_build_object('kind', 'page', 'url', l.url, 'site', seen.site, 'depth', seen.depth + 1)), '[]') from unnest(known.links) as l (url));
    update romashka.website_pages as k set seen_at = at, depth = least(k.depth, seen.depth) where k.id = known.id and k.workspace_id = known.workspace_id;
  elsif outcome = 'gone' or reason in ('noindex', 'redirect', 'other_host', 'canonical', 'no_text') then
    -- What has moved is known by its new name.
    if known.id is null and outcome = 'gone' then outcome := 'failed'; else item := romashka.retire_page(workspace, seen.url, scan.wishes); end if;
  end if;
  if outcome = 'unchanged' and item is not null and scan.wishes ->> 'articles' = 'publish' then
    update public.knowledge_items as i set status = 'active' where i.id = item and i.workspace_id = finish_scan_page.workspace and i.status = 'draft' and i.published_at is null and i.version = known.article_version;
  end if;

  update public.website_scan_pages as p
     set status = outcome, code = reason, detail = left(words, 2000), http_status = (report ->> 'http_status')::integer, byte_count = p.byte_count + sent_bytes, rules = report -> 'rules',
         knowledge_item_id = item, finished_at = at
   where p.id = page and p.workspace_id = finish_scan_page.workspace;
  if seen.kind = 'robots' and outcome = 'failed' then
    -- Who cannot be asked what is allowed has allowed nothing (RFC 9309, 2.3.1.4).
    update public.website_scan_pages as p set status = 'failed', code = case when reason = 'blocked' then reason else 'robots_unreachable' end, finished_at = at
     where p.scan_job_id = scan.scan_job_id and p.workspace_id = finish_scan_page.workspace and p.site = seen.site and p.status = 'pending';
  end if;
  perform romashka.add_scan_pages(scan.scan_job_id, workspace, scan.depth_limit, scan.page_limit, leads);
  update public.website_scan_jobs as j
     set pages_processed = c.done, progress_percentage = least(99, 100 * c.done / greatest(1, least(j.pages_found, scan.page_limit)))
    from (select count(*)::integer as done from public.website_scan_pages as p
           where p.scan_job_id = scan.scan_job_id and p.workspace_id = finish_scan_page.workspace and p.kind = 'page' and p.status <> 'pending') as c
   where j.id = scan.scan_job_id and j.workspace_id = scan.workspace_id;
  update romashka.website_scans as s
     set lease_id = null, locked_by = null, page_id = null, byte_count = s.byte_count + sent_bytes,
         page_count = s.page_count + ((report ->> 'was_asked')::boolean and seen.kind = 'page')::integer,
         pause = greatest(s.pause, make_interval(secs => coalesce((report ->> 'pause')::double precision, 0))), next_attempt_at = at
   where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
  if not exists (select from public.website_scan_pages as p where p.scan_job_id = scan.scan_job_id and p.workspace_id = finish_scan_page.workspace and p.status = 'pending') then
    perform romashka.end_scan(scan.scan_job_id, workspace);
  end if;
  return outcome;
end $$;
comment on function romashka.finish_scan_page(uuid, uuid, uuid, jsonb) is
  'Writes down what came of a request, in one commit: text, article, the pages it leads to, counters, and when the next request may be made. Null when the lease is lost.';

create or replace function public.cancel_scan(job uuid, workspace uuid default public.current_workspace_id()) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
declare
  state text;
begin
  perform romashka.require_role(workspace, 'admin');
  -- The scan's row first, as its workers do.
  perform from romashka.website_scans as s where s.scan_job_id = job and s.workspace_id = cancel_scan.workspace for update;
  select j.status into state from public.website_scan_jobs as j where j.id = job and j.workspace_id = cancel_scan.workspace;
  if not found then raise exception 'no such scan' using errcode = 'RM404'; end if;
  if state in ('pending', 'scanning', 'processing') then return romashka.end_scan(job, workspace, 'cancelled'); end if;
  return state;
end $$;
comment on function public.cancel_scan(uuid, uuid) is 'Ends a scan before its end; what was read stays. Returns how the scan stands then.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.claim_scan_page(text, interval, uuid)', 'service_role');
  perform romashka.grant_function('romashka.begin_scan(uuid, uuid, uuid, text[], jsonb, integer, integer, bigint, double precision, double precision, jsonb, text)', 'service_role');
  perform romashka.grant_function('romashka.finish_scan_page(uuid, uuid, uuid, jsonb)', 'service_role');
  perform romashka.grant_members('public.cancel_scan(uuid, uuid)');
end $$;

-- ============ 90-operations/maintenance ============
-- Purpose: looking after an installation: retention, who and what is idle, recount, health, self-test.
-- Invariants: legal hold stops every removal; a recount changes nothing unless it is asked to; the self-test leaves nothing behind.
-- Lock risk: retention deletes in batches and drops whole partitions (ACCESS EXCLUSIVE on the partition, for a moment on its parent).

-- Retention ------------------------------------------------------------------------------------------------------------

create or replace function romashka.drop_partition(child text) returns boolean language plpgsql set search_path = '' set lock_timeout = '1s' as $$
begin
  execute format('drop table romashka_partitions.%I', child);
  return true;
exception when lock_not_available or deadlock_detected then
  -- Somebody reads or writes the table in a long transaction; everybody else would wait behind us.
  return false;
end $$;
comment on function romashka.drop_partition(text) is 'Drops a partition unless its table is in use for longer than a second; whether it did.';

create or replace function romashka.drop_old_partitions(table_name text, older_than timestamptz) returns integer language plpgsql set search_path = '' as $$
declare
  child record;
  dropped integer := 0;
begin
  if older_than is null then return 0; end if;
  for child in
    select c.relname from pg_catalog.pg_inherits as i join pg_catalog.pg_class as c on c.oid = i.inhrelid
     where i.inhparent = ('public.' || quote_ident(table_name))::regclass and c.relname ~ ('^' || table_name || '_[0-9]{4}_[0-9]{2}$')
       and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= older_than
     order by c.relname
  loop
    -- What is in use now is in use for the others too: the next run goes on here.
    exit when not romashka.drop_partition(child.relname::text);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;
comment on function romashka.drop_old_partitions(text, timestamptz) is
  'Drops the monthly partitions of an append-only table that end before a moment; returns how many. Stops at one that is in use.';

create or replace function romashka.make_coming_partitions() returns integer language plpgsql set search_path = '' set lock_timeout = '1s' as $$
declare
  parent text;
  made integer := 0;
begin
  foreach parent in array array['events', 'audit_logs', 'webhook_events', 'webhook_logs'] loop
    begin
      made := made + romashka.ensure_partitions(parent, current_date, current_date + 62);
    exception when lock_not_available or deadlock_detected then
      null; -- in use by a long transaction: two months are left to try again, and a default partition takes what comes meanwhile
    end;
  end loop;
  return made;
end $$;
comment on function romashka.make_coming_partitions() is
  'Makes the partitions of the next two months for the tables that have them, but for a table that is in use for longer than a second; returns how many.';

create or replace function romashka.retain_conversations(workspace uuid, older_than timestamptz, batch integer) returns bigint language plpgsql set search_path = '' as $$
declare
  removed bigint;
begin
  -- Roll-ups of those days stay as they are: see romashka.mark_stale_day.
  set local romashka.audit_work = 'retention';
  with old as (
    select c.id from public.conversations as c
     where c.workspace_id = workspace and c.status in ('resolved', 'closed') and c.created_at < older_than and c.last_message_at < older_than
       and not exists (select from public.conversations as m where m.merged_into_id = c.id and m.workspace_id = workspace)
     order by c.created_at limit batch for update skip locked)
  delete from public.conversations as c using old where c.id = old.id and c.workspace_id = workspace;
  get diagnostics removed = row_count;
  set local romashka.audit_work = '';
  if removed > 0 then
    insert into public.retention_runs (workspace_id, area, removed_before, removed_rows) values (workspace, 'conversations', older_than, removed);
  end if;
  return removed;
end $$;
comment on function romashka.retain_conversations(uuid, timestamptz, integer) is 'Removes finished conversations in which nothing has been said since a moment, a batch of them; returns how many.';

create or replace function romashka.retain_audit(workspace uuid, older_than timestamptz, batch integer) returns bigint language plpgsql set search_path = '' as $$
declare
  keep_from bigint;
  last_removed record;
  removed bigint;
begin
  -- Only from the chain's beginning and without a gap, so that the rest can still be verified.
  select min(a.chain_position) into keep_from from public.audit_logs as a
   where a.workspace_id = workspace and a.chain_position is not null and a.created_at >= older_than;
  select d.chain_position, d.chain_hash into last_removed
    from (select a.chain_position, a.chain_hash from public.audit_logs as a
           where a.workspace_id = workspace and a.chain_position is not null and (keep_from is null or a.chain_position < keep_from)
           order by a.chain_position limit batch) as d
   order by d.chain_position desc limit 1;
  if not found then return 0; end if;
  set local romashka.audit_work = 'retention';
  delete from public.audit_logs as a where a.workspace_id = workspace and a.chain_position <= last_removed.chain_position;
  get diagnostics removed = row_count;
  set local romashka.audit_work = '';
  insert into public.audit_seals (workspace_id, kind, chain_position, chain_hash, row_count)
  values (workspace, 'pruned', last_removed.chain_position, last_removed.chain_hash, removed)
  on conflict (workspace_id, kind, chain_position) do nothing;
  insert into public.retention_runs (workspace_id, area, removed_before, removed_rows) values (workspace, 'audit_logs', older_than, removed);
  return removed;
end $$;
comment on function romashka.retain_audit(uuid, timestamptz, integer) is
  'Removes sealed rows of the audit from the chain''s beginning, a batch of them, and keeps the hash that the rest follows from; returns how many.';

create or replace function public.apply_retention(batch integer default 1000) returns jsonb language plpgsql security definer set search_path = '' as $$
-- Definer: removes what nobody else may. Works on every workspace; granted to the service alone.
declare
  place record;
  at constant timestamptz := pg_catalog.now();
  conversations_removed bigint := 0;
  metrics_removed bigint := 0;
  audit_removed bigint := 0;
  files_removed bigint := 0;
  dropped integer := 0;
  made integer;
  expired integer;
  removed bigint;
  oldest_ledger timestamptz;
  oldest_audit timestamptz;
  child record;
  is_empty boolean;
begin
  perform public.seal_audit_logs();
  for place in
    select w.id, at - make_interval(days => (romashka.setting(w.id, 'conversation_history_retention') #>> '{}')::integer) as history,
           at - make_interval(days => (romashka.setting(w.id, 'analytics_retention_days') #>> '{}')::integer) as analytics,
           at - make_interval(days => (romashka.setting(w.id, 'audit_log_retention_days') #>> '{}')::integer) as audit
      from public.workspaces as w where not w.legal_hold order by w.id
  loop
    conversations_removed := conversations_removed + romashka.retain_conversations(place.id, place.history, batch);
    delete from public.daily_metrics as m where m.workspace_id = place.id and m.date < (place.analytics at time zone 'UTC')::date;
    get diagnostics removed = row_count;
    metrics_removed := metrics_removed + removed;
    audit_removed := audit_removed + romashka.retain_audit(place.id, place.audit, batch);
    -- What a visitor chose and never sent. The bytes go by the queue of removed files.
    with unsent as materialized (
      select o.id from public.file_attachments as o
       where o.workspace_id = place.id and o.message_id is null and o.visitor_session_id is not null and o.created_at < at - interval '24 hours'
       order by o.created_at limit batch for update skip locked)
    delete from public.file_attachments as f using unsent
     where f.id = unsent.id and f.workspace_id = place.id;
    get diagnostics removed = row_count;
    files_removed := files_removed + removed;
    oldest_ledger := least(oldest_ledger, place.history, place.analytics);
    oldest_audit := least(oldest_audit, place.audit);
  end loop;
  -- Partitions are shared by all workspaces: one on legal hold keeps them, and so does the one that keeps longest.
  if not exists (select from public.workspaces as w where w.legal_hold) then
    dropped := romashka.drop_old_partitions('events', oldest_ledger) + romashka.drop_old_partitions('webhook_events', oldest_ledger)
             + romashka.drop_old_partitions('webhook_logs', oldest_ledger);
    -- Of the audit only partitions that retention has emptied: every row that goes is accounted for in audit_seals.
    for child in
      select c.relname from pg_catalog.pg_inherits as i join pg_catalog.pg_class as c on c.oid = i.inhrelid
       where i.inhparent = 'public.audit_logs'::regclass and c.relname ~ '^audit_logs_[0-9]{4}_[0-9]{2}$'
         and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC' <= oldest_audit
    loop
      execute format('select not exists (select from romashka_partitions.%I)', child.relname) into is_empty;
      if is_empty then
        exit when not romashka.drop_partition(child.relname::text);
        dropped := dropped + 1;
      end if;
    end loop;
  end if;
  made := romashka.make_coming_partitions();
  expired := public.cleanup_expired_metrics();
  return jsonb_build_object('conversations', conversations_removed, 'daily_metrics', metrics_removed, 'audit_logs', audit_removed, 'unsent_files', files_removed, 'partitions', dropped,
    'partitions_made', made, 'realtime_metrics', expired);
end $$;
comment on function public.apply_retention(integer) is
  'Removes what is older than the workspaces keep it (settings conversation_history_retention, analytics_retention_days, audit_log_retention_days), a batch of each, and files that a visitor uploaded and did not send within a day; nothing of a workspace on legal hold. Also seals the audit, makes the coming partitions and removes expired figures of the moment. Waits a second for a table that is in use, then leaves it to the next run. Call it until it removes nothing; safe to schedule (pg_cron).';

-- Idle -----------------------------------------------------------------------------------------------------------------

create or replace function public.close_inactive_conversations(batch_size integer default 500) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: a scheduler's work over every workspace; executable by the service only.
declare
  place record;
  at constant timestamptz := pg_catalog.now();
  seconds integer;
  closed integer;
  total integer := 0;
begin
  for place in select w.id from public.workspaces as w where w.status = 'active' order by w.id loop
    seconds := (romashka.setting(place.id, 'conversation_auto_close_time') #>> '{}')::integer;
    continue when coalesce(seconds, 0) = 0;
    exit when total >= batch_size;
    -- Answered, and the customer says no more. Who waits for us, and what was put aside or handed to people, stays open.
    with idle as (
      select c.id from public.conversations as c
       where c.workspace_id = place.id and c.status = 'active' and c.created_at < at - make_interval(secs => seconds)
         and c.last_message_at < at - make_interval(secs => seconds) and c.waiting_since is null and c.first_response_at is not null
         and c.snoozed_until is null and c.merged_into_id is null
       order by c.created_at, c.id limit batch_size - total for update skip locked)
    update public.conversations as c set status = 'closed', updated_at = at from idle where c.id = idle.id and c.workspace_id = place.id;
    get diagnostics closed = row_count;
    total := total + closed;
  end loop;
  return total;
end $$;
comment on function public.close_inactive_conversations(integer) is
  'Closes active conversations that were answered and in which nothing has been said for as long as the setting conversation_auto_close_time says (seconds, 0 never); returns how many. A new message of the customer opens them again. Call it until it returns 0.';

create or replace function public.mark_idle_agents_away(batch_size integer default 500) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: a scheduler's work over every workspace; executable by the service only.
declare
  marked integer;
  at constant timestamptz := pg_catalog.now();
begin
  -- A time of the agent's own, other than the column's default of 300, stands above the workspace's. What he wrote or read last is activity too.
  with patience as materialized (
    select w.id, (romashka.setting(w.id, 'agent_auto_away_time') #>> '{}')::integer as seconds from public.workspaces as w where w.status = 'active'),
  idle as (
    select v.id, v.workspace_id from public.agent_availability as v join patience as p on p.id = v.workspace_id
     cross join lateral (select at - make_interval(secs => nullif(case when v.auto_away_time <> 300 then v.auto_away_time else p.seconds end, 0))) as limits (since)
     where v.is_online and v.status in ('available', 'busy') and v.last_activity < limits.since
       and not exists (select from public.messages as m where m.sender_id = v.agent_id and m.sender_type = 'agent' and m.created_at >= limits.since and m.workspace_id = v.workspace_id)
       and not exists (select from public.conversation_reads as r where r.user_id = v.agent_id and r.workspace_id = v.workspace_id and r.read_at >= limits.since)
     order by v.last_activity, v.id limit batch_size for update of v skip locked)
  update public.agent_availability as v set status = 'away', updated_at = at from idle where v.id = idle.id and v.workspace_id = idle.workspace_id;
  get diagnostics marked = row_count;
  return marked;
end $$;
comment on function public.mark_idle_agents_away(integer) is
  'Marks agents as away who have written, read and reported nothing for as long as the setting agent_auto_away_time says (seconds, 0 never; agent_availability.auto_away_time other than 300 stands above it); returns how many. They keep their conversations and get no new ones.';

-- Recount --------------------------------------------------------------------------------------------------------------

create or replace function romashka.find_drift(workspace uuid) returns table (area text, subject_id uuid, expected jsonb, found jsonb)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  kept_since constant timestamptz := (select max(r.removed_before) from public.retention_runs as r where r.workspace_id = workspace and r.area = 'conversations');
  zone constant text := (select w.time_zone from public.workspaces as w where w.id = workspace);
begin
  return query
  with said as (
    select m.conversation_id, count(*)::integer as total, (count(*) filter (where m.sender_type = 'user'))::integer as customer,
           (count(*) filter (where m.sender_type = 'ai'))::integer as ai, (count(*) filter (where m.sender_type = 'agent'))::integer as agent,
           max(m.created_at) as latest, min(m.created_at) filter (where m.sender_type <> 'user' and not m.is_quiet) as first_response
      from public.messages as m where m.workspace_id = workspace group by m.conversation_id),
  compared as (
    select c.id, coalesce(s.total, 0) as total, c.message_count, s.latest, case when s.latest is not null then c.last_message_at end as last_message_at,
           s.first_response, c.first_response_at,
           s.latest is null or exists (select from public.messages as m where m.id = c.last_message_id and m.workspace_id = workspace
             and m.conversation_id = c.id and m.created_at = s.latest and c.last_message is not distinct from left(m.content, 500)) as preview_is_right,
           a.id is not null as has_figures, coalesce(s.customer, 0) as customer, coalesce(s.ai, 0) as ai, coalesce(s.agent, 0) as agent,
           a.total_messages, a.customer_messages, a.ai_messages, a.agent_messages, a.first_response_at as figures_first_response,
           a.first_response_seconds, case when s.first_response is not null then greatest(0, extract(epoch from s.first_response - a.started_at))::integer end as response_seconds
      from public.conversations as c
      left join said as s on s.conversation_id = c.id
      left join public.conversation_analytics as a on a.conversation_id = c.id and a.workspace_id = workspace
     where c.workspace_id = workspace)
  select 'conversations', k.id,
         jsonb_build_object('message_count', k.total, 'last_message_at', k.latest, 'first_response_at', k.first_response, 'preview_is_right', true),
         jsonb_build_object('message_count', k.message_count, 'last_message_at', k.last_message_at, 'first_response_at', k.first_response_at, 'preview_is_right', k.preview_is_right)
    from compared as k
   where (k.total, k.latest, k.first_response) is distinct from (k.message_count, k.last_message_at, k.first_response_at) or not k.preview_is_right
  union all
  select 'conversation_analytics', k.id,
         jsonb_build_object('total_messages', k.total, 'customer_messages', k.customer, 'ai_messages', k.ai, 'agent_messages', k.agent, 'first_response_at', k.first_response,
           'first_response_seconds', k.response_seconds),
         case when k.has_figures then jsonb_build_object('total_messages', k.total_messages, 'customer_messages', k.customer_messages, 'ai_messages', k.ai_messages,
           'agent_messages', k.agent_messages, 'first_response_at', k.figures_first_response, 'first_response_seconds', k.first_response_seconds) end
    from compared as k
   where (k.total, k.customer, k.ai, k.agent, k.first_response, k.response_seconds)
         is distinct from (k.total_messages, k.customer_messages, k.ai_messages, k.agent_messages, k.figures_first_response, k.first_response_seconds);
  return query
  select 'agent_availability', v.agent_id, jsonb_build_object('current_chat_count', n.open), jsonb_build_object('current_chat_count', v.current_chat_count)
    from public.agent_availability as v
   cross join lateral (select count(*)::integer as open from public.conversations as c
                        where c.workspace_id = workspace and c.assigned_agent_id = v.agent_id and c.status in ('active', 'escalated')) as n
   where v.workspace_id = workspace and v.current_chat_count <> n.open;
  return query
  with rated as (
    select c.customer_id, count(*)::integer as talks, count(c.satisfaction_score)::integer as ratings, coalesce(sum(c.satisfaction_score), 0) as total
      from public.conversations as c where c.workspace_id = workspace and c.customer_id is not null group by c.customer_id)
  select 'customer_profiles', p.id,
         jsonb_build_object('total_conversations', coalesce(r.talks, 0), 'rating_count', coalesce(r.ratings, 0), 'rating_sum', trim_scale(coalesce(r.total, 0)),
           'avg_satisfaction', trim_scale(case when r.ratings > 0 then round(r.total / r.ratings, 2) else 0 end)),
         jsonb_build_object('total_conversations', p.total_conversations, 'rating_count', p.rating_count, 'rating_sum', trim_scale(p.rating_sum),
           'avg_satisfaction', trim_scale(p.avg_satisfaction))
    from public.customer_profiles as p
    left join rated as r on r.customer_id = p.id
   where p.workspace_id = workspace
     and (coalesce(r.talks, 0), coalesce(r.ratings, 0), coalesce(r.total, 0), case when r.ratings > 0 then round(r.total / r.ratings, 2) else 0 end)
         is distinct from (p.total_conversations, p.rating_count, p.rating_sum, p.avg_satisfaction);
  return query
  with used as (
    select k.knowledge_item_id, count(*)::integer as uses, (count(*) filter (where k.was_helpful))::integer as helpful,
           (count(*) filter (where not k.was_helpful))::integer as unhelpful
      from public.knowledge_analytics as k where k.workspace_id = workspace group by k.knowledge_item_id)
  select 'knowledge_items', i.id,
         jsonb_build_object('usage_count', coalesce(u.uses, 0), 'helpful_count', coalesce(u.helpful, 0), 'unhelpful_count', coalesce(u.unhelpful, 0),
           'effectiveness_score', trim_scale(e.score)),
         jsonb_build_object('usage_count', i.usage_count, 'helpful_count', i.helpful_count, 'unhelpful_count', i.unhelpful_count,
           'effectiveness_score', trim_scale(i.effectiveness_score))
    from public.knowledge_items as i
    left join used as u on u.knowledge_item_id = i.id
   cross join lateral (select romashka.effectiveness(coalesce(u.helpful, 0), coalesce(u.unhelpful, 0)) as score) as e
   where i.workspace_id = workspace
     and ((coalesce(u.uses, 0), coalesce(u.helpful, 0), coalesce(u.unhelpful, 0)) is distinct from (i.usage_count, i.helpful_count, i.unhelpful_count)
       -- Without any answer the score is what the author set.
       or (u.helpful + u.unhelpful > 0 and e.score <> i.effectiveness_score));
  return query
  select 'article_suggestions', s.id, jsonb_build_object('occurrences', n.members), jsonb_build_object('occurrences', s.occurrences)
    from public.article_suggestions as s
   cross join lateral (select count(*)::integer as members from public.article_suggestions as m
                          where (m.id = s.id or m.group_id = s.id) and m.workspace_id = workspace) as n
   where s.workspace_id = workspace and s.group_id is null and s.occurrences <> n.members;
  -- Roll-ups: days that are marked to be made anew, today, and days of which conversations were removed by retention are no drift.
  return query
  select 'daily_metrics', coalesce(m.id, romashka.default_workspace_id()), to_jsonb(f) - 'day' || jsonb_build_object('date', d.date),
         case when m.id is not null then to_jsonb(m) - array['id', 'workspace_id', 'created_at', 'updated_at'] end
    from (select distinct r.date from public.daily_metrics as r
           where r.workspace_id = workspace and r.date < (pg_catalog.now() at time zone zone)::date
             and (kept_since is null or (r.date::timestamp at time zone zone) >= kept_since)
             and not exists (select from public.stale_metric_days as s where s.workspace_id = workspace and s.date = r.date)) as d
   cross join lateral romashka.day_figures(workspace, d.date) as f
    left join public.daily_metrics as m on m.workspace_id = workspace and m.date = d.date and m.channel_type is not distinct from f.channel_type
     and m.department is not distinct from f.department and m.agent_id is not distinct from f.agent_id
   where m.id is null or not (to_jsonb(m) - array['id', 'workspace_id', 'created_at', 'updated_at', 'date'] = to_jsonb(f));
  return query
  select 'daily_metrics', m.id, null::jsonb, to_jsonb(m) - array['id', 'workspace_id', 'created_at', 'updated_at']
    from public.daily_metrics as m
   where m.workspace_id = workspace and m.date < (pg_catalog.now() at time zone zone)::date
     and (kept_since is null or (m.date::timestamp at time zone zone) >= kept_since)
     and not exists (select from public.stale_metric_days as s where s.workspace_id = workspace and s.date = m.date)
     and not exists (select from romashka.day_figures(workspace, m.date) as f where f.channel_type is not distinct from m.channel_type
                       and f.department is not distinct from m.department and f.agent_id is not distinct from m.agent_id);
end $$;
comment on function romashka.find_drift(uuid) is 'Every counter of a workspace that does not equal a recount of the rows it counts.';

create or replace function public.recount(workspace uuid default null, fix boolean default false)
returns table (area text, workspace_id uuid, subject_id uuid, expected jsonb, found jsonb) language plpgsql security definer set search_path = '' as $$
-- Definer: writes counters, which nobody may write by hand; who asks is checked for each workspace.
#variable_conflict use_column
declare
  place record;
  drift record;
  figures record;
  everywhere constant boolean := romashka.is_owner_session() or (coalesce(romashka.claims() ->> 'role', '') = 'service_role' and romashka.current_user_id() is null);
begin
  if recount.workspace is null and not everywhere then workspace := public.current_workspace_id(); end if;
  if recount.workspace is not null then perform romashka.require_role(recount.workspace, 'admin'); end if;
  for place in select w.id from public.workspaces as w where recount.workspace is null or w.id = recount.workspace order by w.id loop
    for drift in select d.* from romashka.find_drift(place.id) as d loop
      return query select drift.area::text, place.id::uuid, drift.subject_id::uuid, drift.expected::jsonb, drift.found::jsonb;
      if not fix then continue; end if;
      -- The counter's row is locked first: who changes the counter meanwhile waits and adds to what is counted here.
      case drift.area
        when 'conversations' then
          perform romashka.recount_conversation(place.id, drift.subject_id);
        when 'conversation_analytics' then
          insert into public.conversation_analytics (workspace_id, conversation_id, started_at, customer_satisfaction)
          select c.workspace_id, c.id, c.created_at, c.satisfaction_score from public.conversations as c where c.id = drift.subject_id and c.workspace_id = place.id
          on conflict (conversation_id, workspace_id) do nothing;
          perform romashka.recount_conversation(place.id, drift.subject_id);
        when 'agent_availability' then
          perform from public.agent_availability as v where v.workspace_id = place.id and v.agent_id = drift.subject_id for update;
          select count(*)::integer as open into figures from public.conversations as c
           where c.workspace_id = place.id and c.assigned_agent_id = drift.subject_id and c.status in ('active', 'escalated');
          update public.agent_availability as v set current_chat_count = figures.open where v.workspace_id = place.id and v.agent_id = drift.subject_id;
        when 'customer_profiles' then
          perform from public.customer_profiles as p where p.workspace_id = place.id and p.id = drift.subject_id for update;
          select count(*)::integer as talks, count(c.satisfaction_score)::integer as ratings, coalesce(sum(c.satisfaction_score), 0) as total into figures
            from public.conversations as c where c.workspace_id = place.id and c.customer_id = drift.subject_id;
          update public.customer_profiles as p set total_conversations = figures.talks, rating_count = figures.ratings, rating_sum = figures.total,
            avg_satisfaction = case when figures.ratings > 0 then round(figures.total / figures.ratings, 2) else 0 end
           where p.workspace_id = place.id and p.id = drift.subject_id;
        when 'article_suggestions' then
          perform from public.article_suggestions as s where s.workspace_id = place.id and s.id = drift.subject_id for update;
          select count(*)::integer as members into figures from public.article_suggestions as m where m.workspace_id = place.id and (m.id = drift.subject_id or m.group_id = drift.subject_id);
          update public.article_suggestions as s set occurrences = figures.members where s.workspace_id = place.id and s.id = drift.subject_id;
        when 'knowledge_items' then
          perform from public.knowledge_items as i where i.workspace_id = place.id and i.id = drift.subject_id for update;
          select count(*)::integer as uses, (count(*) filter (where k.was_helpful))::integer as helpful, (count(*) filter (where not k.was_helpful))::integer as unhelpful
            into figures from public.knowledge_analytics as k where k.workspace_id = place.id and k.knowledge_item_id = drift.subject_id;
          update public.knowledge_items as i set usage_count = figures.uses, helpful_count = figures.helpful, unhelpful_count = figures.unhelpful,
            effectiveness_score = romashka.effectiveness(figures.helpful, figures.unhelpful)
           where i.workspace_id = place.id and i.id = drift.subject_id;
        else
          perform romashka.write_day(place.id, coalesce(drift.expected ->> 'date', drift.found ->> 'date')::date);
      end case;
    end loop;
  end loop;
end $$;
comment on function public.recount(uuid, boolean) is
  'Compares every counter and roll-up with a recount of the rows and returns those that differ; puts them right when fix is true. Without a workspace: all, for the owner and the service.';

-- Health and self-test -------------------------------------------------------------------------------------------------

create or replace function public.health_check() returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer: looks at the whole installation; tells counts and ages, nothing of a tenant.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  checks jsonb := '[]'::jsonb;
  amount bigint;
  moment timestamptz;
begin
  checks := checks || jsonb_build_object('name', 'invalid_indexes', 'found', (select count(*) from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where not i.indisvalid and n.nspname in ('public', 'romashka', 'romashka_partitions')), 'most', 0);
  checks := checks || jsonb_build_object('name', 'tables_without_row_security', 'found', (select count(*) from pg_catalog.pg_class as c
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)), 'most', 0);
  checks := checks || jsonb_build_object('name', 'disabled_triggers', 'found', (select count(*) from pg_catalog.pg_trigger as g
    join pg_catalog.pg_class as c on c.oid = g.tgrelid join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where g.tgenabled = 'D' and n.nspname in ('public', 'romashka_partitions')), 'most', 0);
  checks := checks || jsonb_build_object('name', 'unvalidated_constraints', 'found', (select count(*) from pg_catalog.pg_constraint as k
    join pg_catalog.pg_namespace as n on n.oid = k.connamespace where not k.convalidated and n.nspname in ('public', 'romashka')), 'most', 0);
  checks := checks || jsonb_build_object('name', 'tables_without_next_partition', 'found', (select count(*) from unnest(array['events', 'audit_logs', 'webhook_events', 'webhook_logs']) as t (name)
    where to_regclass(format('romashka_partitions.%I', t.name || '_' || to_char((current_date + 28)::timestamp, 'YYYY_MM'))) is null), 'most', 0);
  select min(x.xact_start) into moment from pg_catalog.pg_stat_activity as x where x.datname = current_database() and x.xact_start is not null and x.pid <> pg_backend_pid();
  checks := checks || jsonb_build_object('name', 'oldest_transaction_seconds', 'found', coalesce(floor(extract(epoch from at - moment)), 0), 'most', 3600);
  select count(*) into amount from (select from public.audit_logs as a where a.chain_position is null limit 100001) as unsealed;
  checks := checks || jsonb_build_object('name', 'unsealed_audit_rows', 'found', amount, 'most', 100000);
  select count(*) into amount from (select from public.webhook_events as w where w.status in ('pending', 'processing') and w.next_attempt_at < at - interval '10 minutes' limit 10001) as late;
  checks := checks || jsonb_build_object('name', 'late_webhook_events', 'found', amount, 'most', 0);
  select count(*) into amount from (select from public.sla_tracking as s where s.status = 'pending' and s.due_at < at - interval '10 minutes' limit 10001) as late;
  checks := checks || jsonb_build_object('name', 'clocks_that_nobody_marked', 'found', amount, 'most', 0);
  return jsonb_build_object(
    'status', case when exists (select from jsonb_array_elements(checks) as c where (c ->> 'found')::numeric > (c ->> 'most')::numeric) then 'degraded' else 'ok' end,
    'server_version', current_setting('server_version'), 'database', current_database(),
    'schema_version', (select max(m.version) from public.schema_migrations as m where m.version ~ '^[0-9]+$'), 'checked_at', at,
    'checks', (select jsonb_agg(c || jsonb_build_object('ok', (c ->> 'found')::numeric <= (c ->> 'most')::numeric)) from jsonb_array_elements(checks) as c));
end $$;
comment on function public.health_check() is 'Whether the installation is in order: {"status": "ok" or "degraded", "checks": [{"name", "found", "most", "ok"}, …]}. For what it is worth to the minute; romashka verify looks deeper.';

create or replace function public.test_function() returns jsonb language plpgsql set search_path = '' as $$
-- Everything happens in a sub-transaction that is rolled back; only what was found out survives, in a variable.
declare
  checks jsonb := '[]'::jsonb;
  place uuid;
  foreign_place uuid;
  agent constant uuid := gen_random_uuid();
  stranger constant uuid := gen_random_uuid();
  customer uuid;
  talk uuid;
  amount bigint;
  words text;
begin
  if not romashka.is_owner_session() then
    raise exception 'only the owner of the database runs the self-test' using errcode = 'RM403';
  end if;
  begin
    insert into public.workspaces (slug, name) values ('self-test-' || left(agent::text, 8), 'self-test') returning id into place;
    insert into public.workspaces (slug, name) values ('self-test-' || left(stranger::text, 8), 'self-test') returning id into foreign_place;
    select count(*) into amount from public.system_settings as s where s.workspace_id = place;
    checks := checks || jsonb_build_object('check', 'a workspace has its settings', 'ok', amount = (select count(*) from romashka.setting_catalogue()));

    insert into auth.users (id, email) values (agent, agent::text || '@self-test.invalid'), (stranger, stranger::text || '@self-test.invalid');
    select count(*) into amount from public.profiles as p where p.id in (agent, stranger);
    checks := checks || jsonb_build_object('check', 'a sign-up makes a profile', 'ok', amount = 2);
    insert into public.workspace_members (workspace_id, user_id, role) values (place, agent, 'agent'), (foreign_place, stranger, 'agent');

    insert into public.agent_availability (workspace_id, agent_id, is_online, status, working_hours)
    values (place, agent, true, 'available', (select jsonb_object_agg(d, '{"start": "00:00", "end": "24:00"}'::jsonb)
      from unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) as d));
    insert into public.customer_profiles (workspace_id, name) values (place, 'self-test') returning id into customer;
    insert into public.conversations (workspace_id, customer_id) values (place, customer) returning id into talk;
    checks := checks || jsonb_build_object('check', 'a conversation gets a number', 'ok', exists (select from public.conversations as c where c.id = talk and c.workspace_id = place and c.number = 1));
    checks := checks || jsonb_build_object('check', 'a conversation is assigned to who is free', 'ok', exists (select from public.conversations as c
      where c.id = talk and c.workspace_id = place and c.assigned_agent_id = agent));
    checks := checks || jsonb_build_object('check', 'the agent''s load counts it', 'ok', exists (select from public.agent_availability as v
      where v.workspace_id = place and v.agent_id = agent and v.current_chat_count = 1));

    insert into public.messages (workspace_id, conversation_id, sender_type, content) values (place, talk, 'user', 'Is this the self-test?');
    insert into public.messages (workspace_id, conversation_id, sender_type, sender_id, content) values (place, talk, 'agent', agent, 'It is.');
    checks := checks || jsonb_build_object('check', 'messages are counted and previewed', 'ok', exists (select from public.conversations as c
      where c.id = talk and c.workspace_id = place and c.message_count = 2 and c.last_message = 'It is.' and c.first_response_at is not null));
    checks := checks || jsonb_build_object('check', 'the first answer stops its clock', 'ok', exists (select from public.sla_tracking as s
      where s.conversation_id = talk and s.workspace_id = place and s.sla_type = 'first_response' and s.status = 'met'));

    update public.conversations as c set status = 'resolved' where c.id = talk and c.workspace_id = place;
    checks := checks || jsonb_build_object('check', 'resolving records who and how long', 'ok', exists (select from public.conversation_analytics as a
      where a.conversation_id = talk and a.workspace_id = place and a.resolved_by = 'agent' and a.resolved_at is not null and a.total_messages = 2));
    checks := checks || jsonb_build_object('check', 'the agent''s load is given back', 'ok', exists (select from public.agent_availability as v
      where v.workspace_id = place and v.agent_id = agent and v.current_chat_count = 0));
    select count(*) into amount from public.events as e where e.workspace_id = place and e.conversation_id = talk;
    checks := checks || jsonb_build_object('check', 'the ledger has what happened', 'ok', amount >= 3);
    checks := checks || jsonb_build_object('check', 'the audit has what people changed', 'ok', exists (select from public.audit_logs as a
      where a.workspace_id = place and a.entity_type = 'conversations' and a.entity_id = talk and a.changes -> 'status' ->> 'to' = 'resolved'));

    amount := romashka.write_day(place, (pg_catalog.now() at time zone 'UTC')::date);
    checks := checks || jsonb_build_object('check', 'the day''s roll-up counts it', 'ok', exists (select from public.daily_metrics as m where m.workspace_id = place
      and m.channel_type is null and m.department is null and m.agent_id is null and m.total_conversations = 1 and m.human_resolved_conversations = 1));
    select count(*) into amount from romashka.find_drift(place);
    checks := checks || jsonb_build_object('check', 'every counter equals a recount', 'ok', amount = 0);

    begin
      insert into public.messages (workspace_id, conversation_id, sender_type, content) values (foreign_place, talk, 'user', 'from elsewhere');
      words := 'accepted';
    exception when others then
      words := sqlstate;
    end;
    checks := checks || jsonb_build_object('check', 'a row cannot refer to another workspace''s', 'ok', words <> 'accepted');
    begin
      update public.conversations as c set status = 'banana' where c.id = talk and c.workspace_id = place;
      words := 'accepted';
    exception when check_violation then
      words := sqlstate;
    end;
    checks := checks || jsonb_build_object('check', 'an unknown status is refused', 'ok', words = '23514');
    begin
      delete from public.audit_logs as a where a.workspace_id = place;
      words := 'accepted';
    exception when sqlstate 'RM422' then
      words := sqlstate;
    end;
    checks := checks || jsonb_build_object('check', 'the audit cannot be deleted', 'ok', words = 'RM422');

    perform romashka.begin_request('authenticated', jsonb_build_object('sub', agent, 'role', 'authenticated', 'app_metadata', jsonb_build_object('workspace_id', place)));
    select count(*) into amount from public.conversations as c where c.id = talk;
    checks := checks || jsonb_build_object('check', 'a member reads the workspace''s conversations', 'ok', amount = 1);
    perform romashka.begin_request('authenticated', jsonb_build_object('sub', stranger, 'role', 'authenticated', 'app_metadata', jsonb_build_object('workspace_id', place)));
    select count(*) into amount from public.conversations as c where c.id = talk;
    checks := checks || jsonb_build_object('check', 'a stranger reads nothing of it', 'ok', amount = 0);
    reset role;
    raise exception 'the end of the self-test' using errcode = 'RM000';
  exception when sqlstate 'RM000' then
    null; -- what was done is gone, what was found out stays
  when others then
    checks := checks || jsonb_build_object('check', 'the self-test runs to its end', 'ok', false, 'detail', sqlstate || ': ' || sqlerrm);
  end;
  return jsonb_build_object('ok', not exists (select from jsonb_array_elements(checks) as c where not coalesce((c ->> 'ok')::boolean, false)),
    'checked', jsonb_array_length(checks), 'checks', checks);
end $$;
comment on function public.test_function() is
  'Tries the installation: makes a workspace, people, a conversation, messages, resolves, counts, reads as a stranger, and rolls everything back. Returns {"ok", "checked", "checks"}.';

create or replace function romashka.claim_job(job text, every interval) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone. The row stays locked until the transaction ends: nobody else runs the job meanwhile, and when the process is lost the job is due as before.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
begin
  if not exists (select from romashka.scheduled_jobs as j where j.name = job) then
    insert into romashka.scheduled_jobs (name) values (job) on conflict (name) do nothing;
  end if;
  perform from romashka.scheduled_jobs as j where j.name = job and j.next_run_at <= at for update skip locked;
  if not found then return false; end if;
  update romashka.scheduled_jobs as j
     set next_run_at = at + every * (0.9 + 0.2 * luck), last_started_at = at, runs = j.runs + 1
   where j.name = job;
  return true;
end $$;
comment on function romashka.claim_job(text, interval) is 'Whether a regular job is due and nobody else runs it; then it is the caller''s until his transaction ends, and due again after about the interval.';

create or replace function romashka.finish_job(job text, failure text default null, again boolean default false) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.scheduled_jobs as j
     set last_error = left(failure, 200), failures = j.failures + (failure is not null)::integer,
         last_finished_at = case when failure is null then at else j.last_finished_at end,
         last_duration_ms = (extract(epoch from at - j.last_started_at) * 1000)::integer,
         next_run_at = case when again and failure is null then at else j.next_run_at end
   where j.name = job;
end $$;
comment on function romashka.finish_job(text, text, boolean) is 'Notes how a regular job ended; again: there is more to do, so it is due at once.';

create or replace function romashka.claim_backup(next_run timestamptz, lease interval) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone. The lease is short: whoever holds it sees by a lock of his own that nobody is still at a backup, which may take hours.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if not exists (select from romashka.scheduled_jobs as j where j.name = 'backup') then
    insert into romashka.scheduled_jobs (name, next_run_at) values ('backup', next_run) on conflict (name) do nothing;
    return false;
  end if;
  -- The schedule may be another one now.
  update romashka.scheduled_jobs as j set next_run_at = next_run where j.name = 'backup' and j.next_run_at > next_run;
  update romashka.scheduled_jobs as j set next_run_at = at + lease where j.name = 'backup' and j.next_run_at <= at;
  return found;
end $$;
comment on function romashka.claim_backup(timestamptz, interval) is 'Whether a backup by the server is due: true for one caller, and again after the lease. next_run: when the next one is due by the schedule.';

create or replace function romashka.finish_backup(begun timestamptz, failure text, next_run timestamptz) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.scheduled_jobs as j
     set next_run_at = next_run, last_started_at = begun, runs = j.runs + 1,
         last_error = left(failure, 200), failures = j.failures + (failure is not null)::integer,
         last_finished_at = case when failure is null then at else j.last_finished_at end,
         last_duration_ms = least(extract(epoch from at - begun) * 1000, 2147483647)::integer
   where j.name = 'backup';
end $$;
comment on function romashka.finish_backup(timestamptz, text, timestamptz) is 'Notes how a backup by the server ended, and when the next one is due.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.claim_backup(timestamptz, interval)', 'service_role');
  perform romashka.grant_function('romashka.finish_backup(timestamptz, text, timestamptz)', 'service_role');
  perform romashka.grant_function('romashka.claim_job(text, interval)', 'service_role');
  perform romashka.grant_function('romashka.finish_job(text, text, boolean)', 'service_role');
  perform romashka.grant_function('public.apply_retention(integer)', 'service_role');
  perform romashka.grant_function('public.close_inactive_conversations(integer)', 'service_role');
  perform romashka.grant_function('public.mark_idle_agents_away(integer)', 'service_role');
  perform romashka.grant_function('public.recount(uuid, boolean)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.health_check()', 'service_role', 'romashka_admin');
  revoke all on function public.test_function() from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
end $$;

-- ============ 90-operations/monitor ============
-- Purpose: the figures of this moment for dashboards and alarms: queues, ledger, conversations, sessions, locks, replication, sizes.
-- Invariants: tells counts, sizes and ages, nothing of a tenant; no query grows with the rows of a workspace: queues are counted up to
-- a limit by their partial indexes, conversations are what refresh_realtime_metrics counted, sizes are the catalog's.
-- Lock risk: none; reads only.

create or replace function romashka.figure(name text, value numeric, labels jsonb default '{}') returns jsonb language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return jsonb_build_object('name', name, 'labels', labels, 'value', coalesce(value, 0));
end $$;
comment on function romashka.figure(text, numeric, jsonb) is 'One figure of monitor().';

create or replace function public.monitor() returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer: looks at the whole installation; tells counts, sizes and ages, nothing of a tenant.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  most constant integer := 10000;
  found jsonb := '[]'::jsonb;
  part jsonb;
  queue record;
  is_standby constant boolean := pg_catalog.pg_is_in_recovery();
begin
  -- The words stand in the conditions, so that the partial indexes serve.
  for queue in
    select 'incoming_events' as name, (select count(*) from (select from public.webhook_events as q where q.status in ('pending', 'processing') limit most) as w) as waiting,
           (select count(*) from (select from public.webhook_events as q where q.status in ('dead', 'quarantined') limit most) as d) as dead,
           (select min(q.next_attempt_at) from public.webhook_events as q where q.status in ('pending', 'processing') and q.next_attempt_at <= at) as oldest
    union all
    select 'outgoing_webhooks', (select count(*) from (select from public.webhook_logs as q where q.status in ('pending', 'sending') limit most) as w),
           (select count(*) from (select from public.webhook_logs as q where q.status = 'dead' limit most) as d),
           (select min(q.next_attempt_at) from public.webhook_logs as q where q.status in ('pending', 'sending') and q.next_attempt_at <= at)
    union all
    select 'deliveries', (select count(*) from (select from public.message_delivery_tracking as q where q.delivery_status in ('queued', 'sending') limit most) as w),
           (select count(*) from (select from public.message_delivery_tracking as q where q.delivery_status = 'dead' limit most) as d),
           (select min(q.next_attempt_at) from public.message_delivery_tracking as q where q.delivery_status in ('queued', 'sending') and q.next_attempt_at <= at)
    union all
    select 'synchronisations', (select count(*) from (select from public.sync_jobs as q where q.status in ('pending', 'running') limit most) as w),
           (select count(*) from (select from public.sync_jobs as q where q.status = 'dead' limit most) as d),
           (select min(q.next_attempt_at) from public.sync_jobs as q where q.status in ('pending', 'running') and q.next_attempt_at <= at)
    union all
    select 'media', (select count(*) from (select from romashka.media_fetches as q where q.status in ('pending', 'fetching') limit most) as w),
           (select count(*) from (select from romashka.media_fetches as q where q.status = 'failed' limit most) as d),
           (select min(q.next_attempt_at) from romashka.media_fetches as q where q.status in ('pending', 'fetching') and q.next_attempt_at <= at)
    union all
    select 'removed_files', (select count(*) from (select from romashka.removed_files as q limit most) as w),
           (select count(*) from (select from romashka.removed_files as q where q.attempt_count >= 10 and q.error_message is not null limit most) as d),
           (select min(q.next_attempt_at) from romashka.removed_files as q where q.next_attempt_at <= at)
    union all
    select 'mails', (select count(*) from (select from romashka.outgoing_mails as q where q.status in ('pending', 'sending') limit most) as w),
           (select count(*) from (select from romashka.outgoing_mails as q where q.status = 'dead' limit most) as d),
           (select min(q.next_attempt_at) from romashka.outgoing_mails as q where q.status in ('pending', 'sending') and q.next_attempt_at <= at)
    union all
    select 'scheduled_messages', (select count(*) from (select from public.scheduled_messages as q where q.status = 'scheduled' limit most) as w),
           (select count(*) from (select from public.scheduled_messages as q where q.status = 'failed' limit most) as d),
           (select min(q.send_at) from public.scheduled_messages as q where q.status = 'scheduled' and q.send_at <= at)
  loop
    found := found || romashka.figure('romashka_queue_waiting', queue.waiting, jsonb_build_object('queue', queue.name))
                   || romashka.figure('romashka_queue_dead', queue.dead, jsonb_build_object('queue', queue.name))
                   || romashka.figure('romashka_queue_overdue_seconds', round(extract(epoch from at - queue.oldest)::numeric, 1), jsonb_build_object('queue', queue.name));
  end loop;

  -- How old the first event is that no workspace's reader has passed.
  select coalesce(jsonb_agg(romashka.figure('romashka_ledger_lag_seconds', round(extract(epoch from at - e.recorded_at)::numeric, 1), jsonb_build_object('reader', r.reader))), '[]')
    into part
    from (select c.reader, max(c.transaction_id) as transaction_id from public.event_cursors as c group by c.reader) as r
    left join lateral (select x.recorded_at from public.events as x where x.transaction_id > r.transaction_id order by x.transaction_id, x.id limit 1) as e on true;
  found := found || part;

  select coalesce(jsonb_agg(romashka.figure(k.name, k.value, k.labels)), '[]') into part from (
    select names.name, names.labels, case when names.is_greatest then max(latest.value) else sum(latest.value) end as value
      from (values
        ('romashka_conversations', '{"state": "open"}'::jsonb, 'open_conversations', false), ('romashka_conversations', '{"state": "escalated"}', 'escalated_conversations', false),
        ('romashka_conversations', '{"state": "unassigned"}', 'unassigned_conversations', false), ('romashka_conversations', '{"state": "waiting"}', 'waiting_customers', false),
        ('romashka_longest_wait_seconds', '{}', 'longest_wait_seconds', true), ('romashka_promises_overdue', '{}', 'sla_overdue', false),
        ('romashka_agents', '{"state": "online"}', 'agents_online', false), ('romashka_agents', '{"state": "free"}', 'agents_free', false)
      ) as names (name, labels, metric, is_greatest)
     cross join public.workspaces as w
      left join lateral (select m.metric_value as value from public.realtime_metrics as m
         where m.workspace_id = w.id and m.metric_name = names.metric and m.dimensions = '{}' and m.expires_at > at order by m."timestamp" desc limit 1) as latest on true
     group by names.name, names.labels, names.is_greatest) as k;
  found := found || part;

  select jsonb_build_array(
      romashka.figure('romashka_messages_total', (select s.n_tup_ins from pg_catalog.pg_stat_all_tables as s where s.relid = 'public.messages'::regclass)),
      romashka.figure('romashka_transactions_total', d.xact_commit, '{"outcome": "commit"}'), romashka.figure('romashka_transactions_total', d.xact_rollback, '{"outcome": "rollback"}'),
      romashka.figure('romashka_blocks_total', d.blks_hit, '{"source": "cache"}'), romashka.figure('romashka_blocks_total', d.blks_read, '{"source": "disk"}'),
      romashka.figure('romashka_deadlocks_total', d.deadlocks), romashka.figure('romashka_temporary_bytes_total', d.temp_bytes),
      romashka.figure('romashka_database_bytes', pg_catalog.pg_database_size(d.datid)))
    into part from pg_catalog.pg_stat_database as d where d.datname = current_database();
  found := found || part;

  select jsonb_build_array(
      romashka.figure('romashka_sessions', count(*) filter (where a.state = 'active'), '{"state": "active"}'),
      romashka.figure('romashka_sessions', count(*) filter (where a.state = 'idle'), '{"state": "idle"}'),
      romashka.figure('romashka_sessions', count(*) filter (where a.state like 'idle in transaction%'), '{"state": "idle_in_transaction"}'),
      romashka.figure('romashka_sessions_most', current_setting('max_connections')::numeric),
      romashka.figure('romashka_oldest_transaction_seconds', round((max(extract(epoch from at - a.xact_start)) filter (where a.pid <> pg_catalog.pg_backend_pid()))::numeric, 1)),
      romashka.figure('romashka_lock_waiters', count(*) filter (where a.wait_event_type = 'Lock')),
      romashka.figure('romashka_longest_lock_wait_seconds', round((max(extract(epoch from at - a.query_start)) filter (where a.wait_event_type = 'Lock'))::numeric, 1)))
    into part from pg_catalog.pg_stat_activity as a where a.backend_type = 'client backend';
  found := found || part;

  select coalesce(jsonb_agg(romashka.figure('romashka_table_bytes', t.bytes, jsonb_build_object('table', t.name))), '[]') into part from (
    select format('%s.%s', n.nspname, r.relname) as name, sum(c.relpages::numeric * current_setting('block_size')::integer) as bytes
      from pg_catalog.pg_class as c
      join pg_catalog.pg_class as r on r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
      join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
     where c.relkind = 'r' and n.nspname in ('public', 'romashka') group by 1 having sum(c.relpages) > 0 order by 2 desc, 1 limit 10) as t;
  found := found || part;

  select coalesce(jsonb_agg(romashka.figure('romashka_replica_lag_bytes',
      case when is_standby then 0 else pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.replay_lsn) end, jsonb_build_object('replica', s.application_name))), '[]')
    into part from pg_catalog.pg_stat_replication as s;
  found := found || part;
  select coalesce(jsonb_agg(romashka.figure('romashka_slot_retained_bytes',
      case when is_standby then 0 else pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn) end, jsonb_build_object('slot', s.slot_name))), '[]')
    into part from pg_catalog.pg_replication_slots as s;
  found := found || part || romashka.figure('romashka_replicas', (select count(*) from pg_catalog.pg_stat_replication));
  select jsonb_build_array(romashka.figure('romashka_log_archived_total', a.archived_count), romashka.figure('romashka_log_archive_failures_total', a.failed_count))
    into part from pg_catalog.pg_stat_archiver as a;
  found := found || part;

  select coalesce(jsonb_agg(romashka.figure('romashka_job_failures_total', j.failures, jsonb_build_object('job', j.name)))
      || jsonb_agg(romashka.figure('romashka_job_overdue_seconds', greatest(0, round(extract(epoch from at - j.next_run_at)::numeric, 1)), jsonb_build_object('job', j.name))), '[]')
    into part from romashka.scheduled_jobs as j;
  return found || part;
end $$;
comment on function public.monitor() is
  'The figures of this moment: [{"name", "labels", "value"}, …], as Prometheus and romashka monitor show them (docs/monitoring.md). Its cost does not grow with the rows.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('public.monitor()', 'service_role', 'romashka_admin');
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
  perform romashka.protect_table('api_keys', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('idempotency_keys', readers => null, inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('agent_availability', readers => 'viewer', inserters => 'admin', updaters => 'agent', removers => 'admin');
end $$;
-- Of a key its hash is nobody's to read.
revoke select on public.api_keys from authenticated, romashka_admin;
grant select (id, workspace_id, name, display_prefix, last_four, role, scopes, created_by, expires_at, last_used_at, revoked_at, created_at)
  on public.api_keys to authenticated, romashka_admin;

-- workspaces: the tenant column is the key itself.
alter table public.workspaces enable row level security;
alter table public.workspaces force row level security;
revoke all on public.workspaces from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
drop policy if exists workspaces_select on public.workspaces;
drop policy if exists workspaces_insert on public.workspaces;
drop policy if exists workspaces_update on public.workspaces;
drop policy if exists workspaces_delete on public.workspaces;
create policy workspaces_select on public.workspaces for select to authenticated, romashka_agent, romashka_admin
  using (id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]));
create policy workspaces_insert on public.workspaces for insert to authenticated, romashka_agent, romashka_admin with check (false);
create policy workspaces_update on public.workspaces for update to authenticated, romashka_agent, romashka_admin
  using (id = any ((select romashka.workspaces_of_request('admin'))::uuid[])) with check (id = any ((select romashka.workspaces_of_request('admin'))::uuid[]));
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

-- ============ 20-people/policies ============
-- Purpose: agents work with customers; only admins delete one.
do $$ begin
  perform romashka.protect_table('customer_profiles', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('customer_identities', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('customer_channel_preferences', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('custom_attribute_definitions', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
end $$;

-- ============ 30-channels/policies ============
-- Purpose: members see channels, agents use templates and canned responses, admins set up. What came in raw is for admins; only the server stores it. Who wants no text messages everybody sees and the server alone writes.
-- Exceptions: a private canned response is its author's alone.
do $$ begin
  perform romashka.protect_table('communication_channels', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('message_templates', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('channel_alerts', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('sms_opt_outs', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('channel_routing_rules', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('widget_configurations', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('widget_identity_secrets', readers => 'admin', inserters => 'admin', updaters => null, removers => 'admin');
  perform romashka.protect_table('webhook_events', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('canned_responses', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
end $$;

alter policy canned_responses_select on public.canned_responses
  using (workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_insert on public.canned_responses
  with check (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_update on public.canned_responses
  using (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())))
  with check (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_delete on public.canned_responses
  using (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));

-- ============ 40-conversations/policies ============
-- Purpose: members read the conversations of their workspace, agents work on them, admins delete.
-- Exceptions: a view that is not shared is its owner's alone.
do $$ begin
  perform romashka.protect_table('conversations', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('messages', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('scheduled_messages', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('conversation_analytics', readers => 'viewer', inserters => null, updaters => 'agent', removers => null);
  perform romashka.protect_table('conversation_context', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('conversation_notes', readers => 'viewer', inserters => 'agent', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('conversation_transfers', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('conversation_participants', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('conversation_reads', readers => 'viewer', inserters => 'viewer', updaters => 'viewer', removers => 'viewer');
  perform romashka.protect_table('conversation_thread_keys', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('file_attachments', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('saved_views', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('presence', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;
-- What triggers count is not for people to write: of a conversation's figures they say only what no trigger can know.
revoke update on public.conversation_analytics from authenticated, romashka_agent, romashka_admin;
grant update (ai_accuracy_score, lead_qualified, revenue_generated, follow_up_required, resolution_type, updated_at)
  on public.conversation_analytics to authenticated, romashka_agent, romashka_admin;
-- A view that is not shared is its owner's alone; one of nobody (made by a program) is everybody's.
alter policy saved_views_select on public.saved_views
  using (workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())));
alter policy saved_views_insert on public.saved_views
  with check (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())));
alter policy saved_views_update on public.saved_views
  using (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())))
  with check (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())));
alter policy saved_views_delete on public.saved_views
  using (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())));

-- ============ 50-knowledge/policies ============
-- Purpose: members read what is known, agents write articles, admins arrange categories and intents. Versions are written by trigger alone.
do $$ begin
  perform romashka.protect_table('knowledge_categories', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('knowledge_items', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('knowledge_versions', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('intent_patterns', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('website_scan_jobs', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('website_scan_pages', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('extracted_content', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('playground_sessions', readers => 'agent', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('knowledge_analytics', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
end $$;

-- ============ 55-assistant/policies ============
-- Purpose: members see what the assistant did and why; admins say where it speaks. Answers are written by functions alone.
do $$ begin
  perform romashka.protect_table('channel_assistants', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('ai_answers', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;

-- ============ 56-endpoint/policies ============
-- Purpose: where a workspace's words are sent, and by which key, is the admins' business.
do $$ begin
  perform romashka.protect_table('ai_endpoints', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
end $$;

-- ============ 57-evaluation/policies ============
-- Purpose: members see how the assistant is graded, agents write questions, admins remove sets. Runs and results are written by functions alone.
do $$ begin
  perform romashka.protect_table('question_sets', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('question_set_items', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('question_set_runs', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('question_set_results', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;

-- ============ 58-suggestions/policies ============
-- Purpose: members see what is suggested. Rows are written by functions alone.
do $$ begin
  perform romashka.protect_table('article_suggestions', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;

-- ============ 60-workflows/policies ============
-- Purpose: members see automations and their runs, agents start and stop runs, admins draw workflows.
do $$ begin
  perform romashka.protect_table('workflows', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('workflow_executions', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
end $$;

-- ============ 70-analytics/policies ============
-- Purpose: members read figures; agents keep dashboards; admins reports and policies; roll-ups and clocks are written by functions.
do $$ begin
  perform romashka.protect_table('daily_metrics', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('stale_metric_days', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('realtime_metrics', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('scheduled_reports', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('report_runs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('tag_counts', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('tag_changes', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('dashboard_configs', readers => 'viewer', inserters => 'viewer', updaters => 'viewer', removers => 'viewer');
  perform romashka.protect_table('sla_policies', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('sla_tracking', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;

-- A dashboard is its owner's; one that is public is read by all, and one without an owner is changed by admins.
drop policy if exists dashboard_configs_select on public.dashboard_configs;
drop policy if exists dashboard_configs_insert on public.dashboard_configs;
drop policy if exists dashboard_configs_update on public.dashboard_configs;
drop policy if exists dashboard_configs_delete on public.dashboard_configs;
create policy dashboard_configs_select on public.dashboard_configs for select to authenticated, romashka_agent, romashka_admin
  using (workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]) and (is_public or user_id is null or user_id = (select romashka.current_user_id())));
create policy dashboard_configs_insert on public.dashboard_configs for insert to authenticated, romashka_agent, romashka_admin
  with check ((user_id = (select romashka.current_user_id()) and workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]))
           or (user_id is null and workspace_id = any ((select romashka.workspaces_of_request('admin'))::uuid[])));
create policy dashboard_configs_update on public.dashboard_configs for update to authenticated, romashka_agent, romashka_admin
  using ((user_id = (select romashka.current_user_id()) and workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]))
      or (user_id is null and workspace_id = any ((select romashka.workspaces_of_request('admin'))::uuid[])))
  with check ((user_id = (select romashka.current_user_id()) and workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]))
           or (user_id is null and workspace_id = any ((select romashka.workspaces_of_request('admin'))::uuid[])));
create policy dashboard_configs_delete on public.dashboard_configs for delete to authenticated, romashka_agent, romashka_admin
  using ((user_id = (select romashka.current_user_id()) and workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]))
      or (user_id is null and workspace_id = any ((select romashka.workspaces_of_request('admin'))::uuid[])));

-- ============ 80-integrations/policies ============
-- Purpose: other systems are the admins' business; how far a message has come is seen by every member and changed by the queue alone.
do $$ begin
  perform romashka.protect_table('integrations', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('integration_field_mappings', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('sync_jobs', readers => 'admin', inserters => 'admin', updaters => null, removers => 'admin');
  perform romashka.protect_table('webhook_subscriptions', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('webhook_logs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('message_delivery_tracking', readers => 'viewer', inserters => 'agent', updaters => null, removers => null);
end $$;

-- ============ 90-operations/policies ============
-- Purpose: members read settings, visitors the public ones of their workspace, admins change them; admins read the audit, nobody writes it.
do $$ begin
  perform romashka.protect_table('system_settings', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('audit_logs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('audit_seals', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('retention_runs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('adopted_tables', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('adoption_findings', readers => 'admin', inserters => null, updaters => null, removers => 'admin');
end $$;

-- A visitor of the widget needs the public settings of the workspace he visits before he is anybody.
drop policy if exists system_settings_select on public.system_settings;
create policy system_settings_select on public.system_settings for select to anon, authenticated, romashka_agent, romashka_admin
  using (workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[])
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
comment on column romashka.ledger_origin.only_row is 'Always true: there is one row at most.';
comment on column romashka.ledger_origin.transaction_offset is 'What is added to a number.';
comment on column romashka.ledger_origin.moved_at is 'When the ledger came to this server.';

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
comment on column public.agent_availability.auto_away_time is 'After how many seconds without activity the agent is away, 0 never; at 300, the default, the workspace''s setting agent_auto_away_time counts.';
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
comment on column romashka.passwords.user_id is 'The person.';
comment on column romashka.passwords.password_hash is 'The hash in PHC form, with its parameters.';
comment on column romashka.passwords.changed_at is 'When it was last changed.';
comment on column romashka.sessions.id is 'The row''s identity, time-ordered.';
comment on column romashka.sessions.user_id is 'The person.';
comment on column romashka.sessions.token_hash is 'SHA-256 of the token in the cookie.';
comment on column romashka.sessions.chosen_workspace is 'The workspace the person works in; null for the first.';
comment on column romashka.sessions.is_second_factor_passed is 'Whether a second factor was shown.';
comment on column romashka.sessions.user_agent is 'The program, as it called itself.';
comment on column romashka.sessions.address is 'Where the person signed in from.';
comment on column romashka.sessions.created_at is 'When the row was made.';
comment on column romashka.sessions.authenticated_at is 'When the person last showed who he is.';
comment on column romashka.sessions.last_used_at is 'When it was last used, to the minute.';
comment on column romashka.sessions.idle_limit is 'How long it lasts without use.';
comment on column romashka.sessions.expires_at is 'When it ends in any case.';
comment on column romashka.second_factors.id is 'The row''s identity; the secret is bound to it.';
comment on column romashka.second_factors.user_id is 'The person.';
comment on column romashka.second_factors.secret is 'The shared secret, encrypted.';
comment on column romashka.second_factors.confirmed_at is 'When a first code was right; null while it is not in force.';
comment on column romashka.second_factors.last_step is 'The time step of the last code that was used; no code of it or before is taken again.';
comment on column romashka.second_factors.created_at is 'When the row was made.';
comment on column romashka.recovery_codes.user_id is 'The person.';
comment on column romashka.recovery_codes.code_hash is 'SHA-256 of the code.';
comment on column romashka.recovery_codes.used_at is 'When it was used; null while it was not.';
comment on column romashka.recovery_codes.created_at is 'When the row was made.';
comment on column romashka.account_tokens.token_hash is 'SHA-256 of the token.';
comment on column romashka.account_tokens.purpose is 'What it is good for.';
comment on column romashka.account_tokens.user_id is 'The person; null for the set-up of an installation.';
comment on column romashka.account_tokens.expires_at is 'Until when it can be used.';
comment on column romashka.account_tokens.used_at is 'When it was used; null while it was not.';
comment on column romashka.account_tokens.created_at is 'When the row was made.';
comment on column romashka.rate_limits.key is 'What is counted: the kind of act, and a hash of who.';
comment on column romashka.rate_limits.arrival is 'The theoretical arrival time: so far what was done is paid for.';
comment on column romashka.login_failures.account_hash is 'SHA-256 of the address, whether there is such an account or not.';
comment on column romashka.login_failures.failures is 'Wrong attempts in a row.';
comment on column romashka.login_failures.last_failed_at is 'When the last one was.';
comment on column romashka.login_failures.locked_until is 'Until when no attempt is looked at.';
comment on column romashka.oidc_logins.id is 'The row''s identity; the content is bound to it.';
comment on column romashka.oidc_logins.state_hash is 'SHA-256 of the state that the provider sends back.';
comment on column romashka.oidc_logins.browser_hash is 'SHA-256 of the cookie of the browser that was sent there.';
comment on column romashka.oidc_logins.content is 'Nonce, verifier and the page to go back to, as a JSON object, encrypted.';
comment on column romashka.oidc_logins.expires_at is 'Until when the person may come back.';
comment on column romashka.oidc_identities.issuer is 'The provider, as it names itself.';
comment on column romashka.oidc_identities.subject is 'The person, as the provider names him: never reassigned.';
comment on column romashka.oidc_identities.user_id is 'The account.';
comment on column romashka.oidc_identities.created_at is 'When they were joined.';
comment on column romashka.outgoing_mails.id is 'The row''s identity, time-ordered; the content is bound to it.';
comment on column romashka.outgoing_mails.kind is 'What the mail is about, which chooses its text.';
comment on column romashka.outgoing_mails.recipient is 'The address it goes to.';
comment on column romashka.outgoing_mails.language is 'The language of its text, a BCP 47 tag.';
comment on column romashka.outgoing_mails.content is 'What the text is filled with (names, links with tokens) as a JSON object, encrypted.';
comment on column romashka.outgoing_mails.status is 'pending, sending, sent or dead.';
comment on column romashka.outgoing_mails.attempt_count is 'How often it was tried.';
comment on column romashka.outgoing_mails.next_attempt_at is 'When it is due; while sending, when the lease ends.';
comment on column romashka.outgoing_mails.lease_id is 'The claim under which a worker holds it.';
comment on column romashka.outgoing_mails.locked_by is 'The worker.';
comment on column romashka.outgoing_mails.last_error is 'Why the last attempt failed.';
comment on column romashka.outgoing_mails.created_at is 'When the row was made.';
comment on column public.api_keys.id is 'The row''s identity, time-ordered.';
comment on column public.api_keys.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.api_keys.name is 'What the key is for, for people.';
comment on column public.api_keys.display_prefix is 'The key''s first characters, to recognise it by.';
comment on column public.api_keys.last_four is 'The key''s last characters, to recognise it by.';
comment on column public.api_keys.key_hash is 'SHA-256 of the whole key. Nobody reads it.';
comment on column public.api_keys.role is 'What the key may do, as a member of this role could: viewer, agent or admin.';
comment on column public.api_keys.scopes is 'Which resources it may read or write: conversations:read, *:write, …';
comment on column public.api_keys.created_by is 'Who made it.';
comment on column public.api_keys.expires_at is 'When it ends; null for never.';
comment on column public.api_keys.last_used_at is 'When it was last used, to the minute.';
comment on column public.api_keys.revoked_at is 'When it was revoked; null while it is good.';
comment on column public.api_keys.created_at is 'When the row was made.';
comment on column public.idempotency_keys.id is 'The row''s identity, time-ordered.';
comment on column public.idempotency_keys.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.idempotency_keys.actor_id is 'Who asked: a person or a key. Nobody else is given the answer.';
comment on column public.idempotency_keys.idempotency_key is 'The key the caller chose.';
comment on column public.idempotency_keys.request_hash is 'SHA-256 of the request, so that another one under the same key is refused.';
comment on column public.idempotency_keys.response_status is 'The status that was answered.';
comment on column public.idempotency_keys.response_headers is 'The headers that are answered again.';
comment on column public.idempotency_keys.response_body is 'The body that was answered, encrypted.';
comment on column public.idempotency_keys.created_at is 'When the row was made.';

-- ============ 20-people/comments ============
-- Purpose: what each column of 20-people holds.
comment on column public.customer_profiles.id is 'The customer.';
comment on column public.customer_profiles.workspace_id is 'The workspace whose customer this is.';
comment on column public.customer_profiles.email is 'Address he is known by; unique in the workspace, whatever its case.';
comment on column public.customer_profiles.name is 'Name as the channel or an agent gave it.';
comment on column public.customer_profiles.phone is 'Phone number, E.164 where the channel gives it so.';
comment on column public.customer_profiles.company is 'Where he works.';
comment on column public.customer_profiles.location is 'Where he is, in words.';
comment on column public.customer_profiles.timezone is 'His time zone by its IANA name.';
comment on column public.customer_profiles.language is 'The language he writes in, as a BCP 47 tag.';
comment on column public.customer_profiles.tags is 'Free labels.';
comment on column public.customer_profiles.custom_fields is 'Values of the attributes defined in custom_attribute_definitions, and claimed_email.';
comment on column public.customer_profiles.total_conversations is 'How many conversations there are with him. Kept by a trigger.';
comment on column public.customer_profiles.avg_satisfaction is 'Mean of his ratings, two decimals, 0 without any. Kept by a trigger.';
comment on column public.customer_profiles.rating_sum is 'Sum of his ratings. Kept by a trigger.';
comment on column public.customer_profiles.rating_count is 'Number of his ratings. Kept by a trigger.';
comment on column public.customer_profiles.last_interaction is 'When his latest conversation began.';
comment on column public.customer_profiles.notes is 'What agents keep in mind of him.';
comment on column public.customer_profiles.do_not_contact_since is 'Since when he is not to be written to on any channel but the chat of the website; null for may be.';
comment on column public.customer_profiles.do_not_contact_reason is 'Why, in the words of who set it.';
comment on column public.customer_profiles.status is 'active, vip, or blocked.';
comment on column public.customer_profiles.merged_into_id is 'The customer this record was merged into.';
comment on column public.customer_profiles.erased_at is 'When his personal data was erased.';
comment on column public.customer_profiles.created_at is 'When he was first seen.';
comment on column public.customer_profiles.updated_at is 'When the row last changed.';
comment on column public.customer_identities.id is 'The identity.';
comment on column public.customer_identities.workspace_id is 'The workspace.';
comment on column public.customer_identities.customer_id is 'Whose identity it is.';
comment on column public.customer_identities.channel_type is 'The kind of channel it is known on.';
comment on column public.customer_identities.external_id is 'Address (lower case), number, WhatsApp id, or the SHA-256 of a visitor''s token in hex.';
comment on column public.customer_identities.display_name is 'Name the channel shows for it.';
comment on column public.customer_identities.is_verified is 'Whether the channel proved it; otherwise it is claimed.';
comment on column public.customer_identities.verified_at is 'When it was first proved.';
comment on column public.customer_identities.last_seen_at is 'Time of its latest message.';
comment on column public.customer_identities.created_at is 'When it was first seen.';
comment on column public.customer_channel_preferences.id is 'The preference.';
comment on column public.customer_channel_preferences.workspace_id is 'The workspace.';
comment on column public.customer_channel_preferences.customer_id is 'Whose preference it is.';
comment on column public.customer_channel_preferences.channel_type is 'The kind of channel.';
comment on column public.customer_channel_preferences.is_preferred is 'Whether he likes to be answered here.';
comment on column public.customer_channel_preferences.opt_in is 'Whether he may be written to here without having asked.';
comment on column public.customer_channel_preferences.opt_in_at is 'When he last said whether he may be written to here.';
comment on column public.customer_channel_preferences.opt_in_source is 'Where that comes from: link, form, an agent, a program. Of the writer''s own words.';
comment on column public.customer_channel_preferences.last_interaction is 'When he last used the channel.';
comment on column public.customer_channel_preferences.created_at is 'When the row was made.';
comment on column public.customer_channel_preferences.updated_at is 'When the row last changed.';
comment on column public.custom_attribute_definitions.id is 'The definition.';
comment on column public.custom_attribute_definitions.workspace_id is 'The workspace.';
comment on column public.custom_attribute_definitions.applies_to is 'conversation or customer.';
comment on column public.custom_attribute_definitions.attribute_key is 'Key in custom_attributes or custom_fields.';
comment on column public.custom_attribute_definitions.label is 'What people read.';
comment on column public.custom_attribute_definitions.value_type is 'text, number, boolean, date, list or link.';
comment on column public.custom_attribute_definitions.allowed_values is 'The choices of a list.';
comment on column public.custom_attribute_definitions.is_required is 'Whether forms insist on a value.';
comment on column public.custom_attribute_definitions.created_at is 'When it was defined.';
comment on column public.custom_attribute_definitions.updated_at is 'When it last changed.';

-- ============ 30-channels/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.communication_channels.id is 'The row''s identity, time-ordered.';
comment on column public.communication_channels.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.communication_channels.name is 'What members call the channel.';
comment on column public.communication_channels.type is 'whatsapp, messenger, instagram, email, sms or website.';
comment on column public.communication_channels.status is 'active, inactive (nothing is received or sent) or pending_setup.';
comment on column public.communication_channels.configuration is 'Settings of the channel that are no secrets: numbers, addresses, hosts.';
comment on column public.communication_channels.webhook_url is 'Where the provider was told to send its webhooks.';
comment on column public.communication_channels.webhook_secret is 'The key that the provider''s webhooks are signed with, as an encrypted envelope.';
comment on column public.communication_channels.api_credentials is 'The keys for the provider''s API, as an encrypted envelope.';
comment on column public.communication_channels.message_limit_per_day is 'How many messages may be sent in a day of the workspace''s time zone; 0 for none.';
comment on column public.communication_channels.messages_sent_today is 'How many were sent on last_reset_date.';
comment on column public.communication_channels.last_reset_date is 'The day, in the workspace''s time zone, that messages_sent_today counts.';
comment on column public.communication_channels.last_error is 'Why the provider does not let the channel in; null when it does. What waits for it goes on when it is set up anew.';
comment on column public.communication_channels.last_error_at is 'Since when it is not let in.';
comment on column public.communication_channels.created_by is 'Who made it; null for keys, bots and people who are gone.';
comment on column public.communication_channels.created_at is 'When the row was made.';
comment on column public.communication_channels.updated_at is 'When the row was last changed.';
comment on column public.message_templates.id is 'The row''s identity, time-ordered.';
comment on column public.message_templates.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.message_templates.name is 'The template''s name at the provider.';
comment on column public.message_templates.language is 'The language it is written in, a BCP 47 tag.';
comment on column public.message_templates.category is 'utility, marketing or authentication: what the provider charges and allows it as.';
comment on column public.message_templates.template_content is 'Header, body, footer and buttons, as the provider takes them.';
comment on column public.message_templates.status is 'The provider''s verdict: pending, approved or rejected.';
comment on column public.message_templates.channel_type is 'The kind of channel it is for.';
comment on column public.message_templates.external_template_id is 'The provider''s id of it.';
comment on column public.message_templates.provider_status is 'The provider''s own word for its state, such as PAUSED; null while it has not said any.';
comment on column public.message_templates.provider_status_at is 'Of when that word is: older news that come in later change nothing.';
comment on column public.message_templates.status_reason is 'Why it is in that state, in the provider''s words.';
comment on column public.message_templates.quality is 'How customers like it, by the provider: green, yellow, red or unknown.';
comment on column public.message_templates.account_id is 'The provider''s account in whose list it was found; null while it was in none.';
comment on column public.message_templates.usage_count is 'How often it was sent.';
comment on column public.message_templates.created_by is 'Who made it; null for keys, bots and people who are gone.';
comment on column public.message_templates.created_at is 'When the row was made.';
comment on column public.message_templates.updated_at is 'When the row was last changed.';
comment on column romashka.mail_addresses.address is 'The address or alias, in lower case.';
comment on column romashka.mail_addresses.workspace_id is 'The workspace whose channel has it.';
comment on column romashka.mail_addresses.created_at is 'Since when.';
comment on column romashka.channel_syncs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.channel_syncs.channel_id is 'The channel.';
comment on column romashka.channel_syncs.digits is 'Its number in digits, as the provider writes it.';
comment on column romashka.channel_syncs.quality is 'The number''s quality, in the provider''s word, when it was last asked.';
comment on column romashka.channel_syncs.due_at is 'When it is asked next; while it is asked, when the lease ends.';
comment on column romashka.channel_syncs.lease_id is 'Proof of the present claim.';
comment on column romashka.channel_syncs.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column romashka.channel_syncs.failures is 'How often in a row it could not be asked.';
comment on column romashka.channel_syncs.last_error is 'Why it could not.';
comment on column romashka.channel_syncs.synced_at is 'When it was last asked.';
comment on column romashka.channel_syncs.created_at is 'When the row was made.';
comment on column public.channel_alerts.id is 'The row''s identity, time-ordered.';
comment on column public.channel_alerts.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.channel_alerts.channel_id is 'The channel that is in trouble.';
comment on column public.channel_alerts.kind is 'account (of the provider), number, template or mailbox.';
comment on column public.channel_alerts.subject is 'Which one: the template, the number, the trouble. One alert a subject is open.';
comment on column public.channel_alerts.severity is 'notice (to be known), warning (something may stop) or critical (something has stopped). Of an account that is critical nothing is sent.';
comment on column public.channel_alerts.message is 'What is wrong and what to do, in words.';
comment on column public.channel_alerts.details is 'What the provider said.';
comment on column public.channel_alerts.raised_at is 'Since when.';
comment on column public.channel_alerts.changed_at is 'Of when the last news is; older news that comes in later changes nothing.';
comment on column public.channel_alerts.resolved_at is 'When it was over; null while it is not.';
comment on column public.sms_opt_outs.id is 'The row''s identity, time-ordered.';
comment on column public.sms_opt_outs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.sms_opt_outs.our_number is 'Our number, short code or name that was written to, or the messaging service (MG…) it is in.';
comment on column public.sms_opt_outs.customer_number is 'The number of the person, with + and its country code.';
comment on column public.sms_opt_outs.is_opted_out is 'Whether nothing is sent between the two; false after START.';
comment on column public.sms_opt_outs.source is 'word: the person wrote STOP or START; provider: Twilio said so of his message; refusal: Twilio refused a message of ours (21610).';
comment on column public.sms_opt_outs.changed_at is 'When he said it. What was said earlier and comes in later changes nothing.';
comment on column public.sms_opt_outs.created_at is 'When the row was made.';
comment on column public.channel_routing_rules.id is 'The row''s identity, time-ordered.';
comment on column public.channel_routing_rules.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.channel_routing_rules.name is 'What members call the rule.';
comment on column public.channel_routing_rules.priority is 'The rule with the highest number that applies is taken.';
comment on column public.channel_routing_rules.conditions is 'What must hold of the conversation, the customer and the first message, as {"field": value}; all of it. docs/routing.md has the fields.';
comment on column public.channel_routing_rules.target_channel_type is 'The kind of channel to answer by where the customer can be reached there; null for the one he wrote by.';
comment on column public.channel_routing_rules.fallback_channel_type is 'The kind to write by when a message cannot be delivered; null for none.';
comment on column public.channel_routing_rules.team_id is 'The team that gets the conversation; null for none.';
comment on column public.channel_routing_rules.agent_id is 'The agent who gets it: always, or, beside a team, while he is free.';
comment on column public.channel_routing_rules.set_priority is 'The priority it gets where it has the usual one.';
comment on column public.channel_routing_rules.add_tags is 'Tags it gets.';
comment on column public.channel_routing_rules.sla_policy_id is 'The service level it is under; null for the one that fits.';
comment on column public.channel_routing_rules.is_active is 'Whether the rule is obeyed.';
comment on column public.channel_routing_rules.created_by is 'Who made it; null for keys, bots and people who are gone.';
comment on column public.channel_routing_rules.created_at is 'When the row was made.';
comment on column public.channel_routing_rules.updated_at is 'When the row was last changed.';
comment on column public.widget_configurations.id is 'The row''s identity, time-ordered.';
comment on column public.widget_configurations.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.widget_configurations.user_id is 'Who set the widget up.';
comment on column public.widget_configurations.channel_id is 'The website channel whose conversations it begins.';
comment on column public.widget_configurations.widget_name is 'What members call it.';
comment on column public.widget_configurations.domain is 'The site it was made for.';
comment on column public.widget_configurations.allowed_domains is 'Hosts it may be on, *.example.com for all below; empty for any.';
comment on column public.widget_configurations.configuration is 'Colours, texts, position, form before the chat.';
comment on column public.widget_configurations.embed_code is 'The snippet for the site, as it was last shown.';
comment on column public.widget_configurations.status is 'active or inactive (its token finds nothing).';
comment on column public.widget_configurations.install_verified is 'Whether the widget was seen on its site.';
comment on column public.widget_configurations.requires_identity is 'Whether only visitors may write whom the site has proven.';
comment on column public.widget_configurations.custom_css is 'Styles of the owner''s own, within the widget.';
comment on column public.widget_configurations.custom_js is 'A script of the owner''s own. Kept for earlier versions; never given to a page.';
comment on column public.widget_configurations.created_at is 'When the row was made.';
comment on column public.widget_configurations.updated_at is 'When the row was last changed.';
comment on column public.webhook_events.id is 'The row''s identity, time-ordered.';
comment on column public.webhook_events.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.webhook_events.channel_id is 'The channel it came by, when that is known.';
comment on column public.webhook_events.event_type is 'What the sender calls it.';
comment on column public.webhook_events.source is 'Which kind of sender: a channel, or webhook and api for others.';
comment on column public.webhook_events.payload is 'The body, parsed.';
comment on column public.webhook_events.headers is 'The headers that say something of the body, none that authenticate.';
comment on column public.webhook_events.raw_body is 'The bytes as they came, for proving the signature again.';
comment on column public.webhook_events.dedupe_key is 'The sender''s own key of it: what comes again under the same is not stored again. Null: never compared.';
comment on column public.webhook_events.ordering_key is 'Events of one key are processed one after the other, for instance those of one customer. Null: in any order.';
comment on column public.webhook_events.status is 'pending, processing (under a lease), processed, failed (no attempt can help), dead (attempts used up) or quarantined (not understood).';
comment on column public.webhook_events.processed is 'Whether it was processed, as earlier versions asked; always the same as status.';
comment on column public.webhook_events.processing_attempts is 'How many times it was taken up since it came or was replayed.';
comment on column public.webhook_events.max_attempts is 'After how many attempts it is dead.';
comment on column public.webhook_events.items_found is 'How many messages and statuses it holds; null before it was looked at.';
comment on column public.webhook_events.items_handled is 'How many of them were handled.';
comment on column public.webhook_events.next_attempt_at is 'When it may be taken up; while it is held, when the lease ends.';
comment on column public.webhook_events.lease_id is 'Proof of the present claim: who completes or fails the item shows it. Null unless somebody holds the item.';
comment on column public.webhook_events.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column public.webhook_events.error_message is 'What went wrong the last time.';
comment on column public.webhook_events.created_at is 'When the row was made.';
comment on column public.webhook_events.processed_at is 'When it was processed.';
comment on column public.canned_responses.id is 'The row''s identity, time-ordered.';
comment on column public.canned_responses.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.canned_responses.title is 'What agents see in the list.';
comment on column public.canned_responses.content is 'The text that is inserted; {{name}} stands for what is known of the customer.';
comment on column public.canned_responses.shortcut is 'What is typed to insert it, a slash and a word.';
comment on column public.canned_responses.category is 'The heading it is listed under.';
comment on column public.canned_responses.language is 'The language it is written in, a BCP 47 tag.';
comment on column public.canned_responses.usage_count is 'How often it was inserted.';
comment on column public.canned_responses.last_used_at is 'When it was last inserted.';
comment on column public.canned_responses.created_by is 'Who made it; null for keys, bots and people who are gone.';
comment on column public.canned_responses.is_public is 'Whether all members see it; else its author alone.';
comment on column public.canned_responses.is_active is 'Whether it is offered.';
comment on column public.canned_responses.tags is 'Words to find it by.';
comment on column public.canned_responses.created_at is 'When the row was made.';
comment on column public.canned_responses.updated_at is 'When the row was last changed.';
comment on column romashka.channel_tokens.token is 'What stands in the address that the provider calls: 122 random bits.';
comment on column romashka.channel_tokens.workspace_id is 'The workspace of the channel.';
comment on column romashka.channel_tokens.channel_id is 'The channel.';
comment on column romashka.channel_tokens.created_at is 'Since when the token is valid.';
comment on column romashka.mailboxes.workspace_id is 'The workspace of the channel.';
comment on column romashka.mailboxes.channel_id is 'The channel whose mailbox it is.';
comment on column romashka.mailboxes.uid_validity is 'The UIDVALIDITY under which last_uid counts; null until the mailbox was opened once.';
comment on column romashka.mailboxes.last_uid is 'The last mail that is stored.';
comment on column romashka.mailboxes.lease_id is 'The claim under which a process reads it.';
comment on column romashka.mailboxes.locked_by is 'The process.';
comment on column romashka.mailboxes.leased_until is 'Until when nobody else may open it: the end of the lease, or of the wait after a failure.';
comment on column romashka.mailboxes.failures is 'Failures in a row.';
comment on column romashka.mailboxes.last_error is 'Why it could not be read the last time.';
comment on column romashka.mailboxes.read_at is 'When everything in it was stored the last time.';
comment on column romashka.mailboxes.created_at is 'When the channel was first seen; what was in the mailbox before is not taken in.';
comment on column romashka.widget_tokens.token is 'What stands in the page''s source: 122 random bits.';
comment on column romashka.widget_tokens.workspace_id is 'The workspace of the widget.';
comment on column romashka.widget_tokens.widget_id is 'The widget.';
comment on column romashka.widget_tokens.created_at is 'Since when the token is valid.';
comment on column romashka.webhook_event_keys.id is 'The row''s identity, time-ordered.';
comment on column romashka.webhook_event_keys.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.webhook_event_keys.source is 'The kind of sender whose key it is.';
comment on column romashka.webhook_event_keys.dedupe_key is 'The sender''s key.';
comment on column romashka.webhook_event_keys.event_id is 'The event that was stored under it, in webhook_events while that is kept.';
comment on column romashka.webhook_event_keys.created_at is 'When it first arrived.';
comment on column public.widget_identity_secrets.id is 'The row''s identity, time-ordered.';
comment on column public.widget_identity_secrets.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.widget_identity_secrets.widget_id is 'The widget whose visitors it proves.';
comment on column public.widget_identity_secrets.secret_key is 'The key, encrypted.';
comment on column public.widget_identity_secrets.created_by is 'Who made it.';
comment on column public.widget_identity_secrets.created_at is 'When it was made.';
comment on column romashka.visitor_sessions.id is 'The row''s identity, time-ordered.';
comment on column romashka.visitor_sessions.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.visitor_sessions.widget_id is 'The widget it was begun at, and the only one at which it is valid.';
comment on column romashka.visitor_sessions.token_hash is 'SHA-256 of the token.';
comment on column romashka.visitor_sessions.visitor is 'Who it is: the external_id of an identity on the website.';
comment on column romashka.visitor_sessions.user_id is 'The id in the owner''s system that was proven; null while nothing is.';
comment on column romashka.visitor_sessions.email is 'The address that was proven or typed in this session.';
comment on column romashka.visitor_sessions.created_at is 'When it began.';
comment on column romashka.visitor_sessions.last_seen_at is 'When it was last used, or had a stream open.';
comment on column romashka.visitor_sessions.expires_at is 'When it ends unless it is used: thirty days, a day once an identity is proven.';

-- ============ 40-conversations/comments ============
-- Purpose: what each column of 40-conversations holds.
comment on column public.conversations.id is 'The conversation.';
comment on column public.conversations.number is 'Short number in its workspace (#1042). Never changes; numbers may have gaps.';
comment on column public.conversations.customer_id is 'With whom.';
comment on column public.conversations.user_name is 'Name the customer gave in this conversation.';
comment on column public.conversations.user_email is 'Address the customer gave in this conversation.';
comment on column public.conversations.assigned_agent_id is 'Who answers; null waits in the queue.';
comment on column public.conversations.team_id is 'The team whose queue it is in.';
comment on column public.conversations.status is 'active, escalated, resolved or closed.';
comment on column public.conversations.priority is 'low, normal, high or urgent.';
comment on column public.conversations.channel_type is 'The kind of channel it is held on.';
comment on column public.conversations.channel_id is 'The channel it is held on.';
comment on column public.conversations.external_conversation_id is 'The channels own id of it; of the website the visitor who holds it.';
comment on column public.conversations.subject is 'What it is about, as the channel says.';
comment on column public.conversations.customer_phone is 'Number the customer wrote from.';
comment on column public.conversations.customer_social_id is 'Account the customer wrote from.';
comment on column public.conversations.tags is 'Free labels.';
comment on column public.conversations.satisfaction_score is 'What the customer thinks of it, on the workspaces scale.';
comment on column public.conversations.satisfaction_comment is 'What the customer wrote to the rating.';
comment on column public.conversations.rated_at is 'When it was rated last.';
comment on column public.conversations.resolution_time_seconds is 'Seconds from its beginning to its resolution.';
comment on column public.conversations.handoff_reason is 'Why it was handed to a person.';
comment on column public.conversations.department is 'Department it is for; a team of that department takes it.';
comment on column public.conversations.language is 'Language it is held in, as a BCP 47 tag.';
comment on column public.conversations.sentiment is 'positive, neutral or negative.';
comment on column public.conversations.intent is 'What the customer wants, by the intents name.';
comment on column public.conversations.ai_confidence is 'How sure the assistant was of its latest answer, 0 to 1.';
comment on column public.conversations.business_context is 'What integrations know about it.';
comment on column public.conversations.custom_attributes is 'Values of the attributes defined in custom_attribute_definitions.';
comment on column public.conversations.created_at is 'When it began.';
comment on column public.conversations.updated_at is 'When the row last changed.';
comment on column public.conversations.last_message_at is 'Time of the latest message. Kept by a trigger.';
comment on column public.conversations.last_message_id is 'The latest message. Kept by a trigger.';
comment on column public.conversations.last_message is 'The first 500 characters of the latest message. Kept by a trigger.';
comment on column public.conversations.message_count is 'Number of messages. Kept by a trigger.';
comment on column public.conversations.waiting_since is 'Since when the customer has been waiting for an answer; null when nobody waits.';
comment on column public.conversations.first_response_at is 'When he was first answered.';
comment on column public.conversations.queued_at is 'Since when it has been waiting for an agent; null when it has one.';
comment on column public.conversations.snoozed_until is 'Put aside until then.';
comment on column public.conversations.resolved_at is 'When it was resolved; null while it is open.';
comment on column public.conversations.closed_at is 'When it was closed.';
comment on column public.conversations.reopen_count is 'How often it was opened again.';
comment on column public.conversations.merged_into_id is 'The conversation its messages were put into.';
comment on column public.conversations.merged_at is 'When that was.';
comment on column public.conversations.sla_policy_id is 'The service level policy that applies.';
comment on column public.conversations.workflow_id is 'The workflow that is at work in it.';
comment on column public.conversations.routing_rule_id is 'The rule that routed it, also when the rule is gone; null for none.';
comment on column public.conversations.reply_channel_type is 'The kind of channel to answer by where the customer can be reached there; null for the one he wrote by.';
comment on column public.conversations.fallback_channel_type is 'The kind to write by when a message cannot be delivered; null for what its channel says.';
comment on column public.conversations.workspace_id is 'The workspace.';
comment on column public.messages.id is 'The message.';
comment on column public.messages.workspace_id is 'The workspace.';
comment on column public.messages.conversation_id is 'In which conversation.';
comment on column public.messages.sender_type is 'user (the customer), ai or agent.';
comment on column public.messages.sender_id is 'The agent who wrote it.';
comment on column public.messages.content is 'The text.';
comment on column public.messages.channel_type is 'The kind of channel it came or goes by.';
comment on column public.messages.channel_id is 'The channel it came or goes by.';
comment on column public.messages.external_message_id is 'The channels own id; unique on its channel. client:… for one sent with an id of the senders.';
comment on column public.messages.message_type is 'text, image, audio, video, document, location and so on.';
comment on column public.messages.media_url is 'Where the medium is.';
comment on column public.messages.media_caption is 'What stands under the medium.';
comment on column public.messages.delivery_status is 'scheduled, queued, sending, sent, delivered, read, failed or cancelled.';
comment on column public.messages.metadata is 'What the channel told besides.';
comment on column public.messages.confidence_score is 'How sure the assistant was, 0 to 1.';
comment on column public.messages.processing_time_ms is 'How long the answer took to make, in milliseconds.';
comment on column public.messages.intent_detected is 'What the assistant took it to mean.';
comment on column public.messages.knowledge_sources is 'The passages an answer rests on.';
comment on column public.messages.tokens_used is 'Tokens of the language model.';
comment on column public.messages.language is 'Language of the text, as a BCP 47 tag; decides how it is searched.';
comment on column public.messages.is_quiet is 'Automatic mail: kept, but it opens nothing, counts as no answer and makes nobody wait.';
comment on column public.messages.created_at is 'When it was written; each message of a transaction has its own time.';
comment on column public.messages.updated_at is 'When the row last changed.';
comment on column public.conversation_analytics.id is 'The row.';
comment on column public.conversation_analytics.workspace_id is 'The workspace.';
comment on column public.conversation_analytics.conversation_id is 'Of which conversation.';
comment on column public.conversation_analytics.started_at is 'When the conversation began.';
comment on column public.conversation_analytics.first_response_at is 'When the customer was first answered.';
comment on column public.conversation_analytics.resolved_at is 'When it was resolved; null while it is open.';
comment on column public.conversation_analytics.total_duration_seconds is 'Seconds from beginning to resolution.';
comment on column public.conversation_analytics.first_response_seconds is 'Seconds from beginning to first answer.';
comment on column public.conversation_analytics.first_response_business_seconds is 'The same within business hours.';
comment on column public.conversation_analytics.resolution_business_seconds is 'Seconds from beginning to resolution within business hours.';
comment on column public.conversation_analytics.total_messages is 'Number of messages.';
comment on column public.conversation_analytics.customer_messages is 'Messages of the customer.';
comment on column public.conversation_analytics.ai_messages is 'Messages of the assistant.';
comment on column public.conversation_analytics.agent_messages is 'Messages of people.';
comment on column public.conversation_analytics.resolved_by is 'ai, agent or abandoned.';
comment on column public.conversation_analytics.resolved_by_id is 'Who resolved it, where known.';
comment on column public.conversation_analytics.resolution_type is 'solved, escalated, abandoned or spam.';
comment on column public.conversation_analytics.handoff_count is 'How often it was escalated to a person.';
comment on column public.conversation_analytics.agent_switches is 'How often it went from one agent to another.';
comment on column public.conversation_analytics.customer_satisfaction is 'The customers rating.';
comment on column public.conversation_analytics.ai_accuracy_score is 'How right the assistants answers were found, 0 to 1.';
comment on column public.conversation_analytics.knowledge_items_used is 'Articles used in answers.';
comment on column public.conversation_analytics.lead_qualified is 'Whether a lead came of it.';
comment on column public.conversation_analytics.revenue_generated is 'Revenue attributed to it, in the workspaces currency.';
comment on column public.conversation_analytics.follow_up_required is 'Whether somebody should come back to it.';
comment on column public.conversation_analytics.created_at is 'When the row was made.';
comment on column public.conversation_analytics.updated_at is 'When the row last changed.';
comment on column public.conversation_context.id is 'The row.';
comment on column public.conversation_context.workspace_id is 'The workspace.';
comment on column public.conversation_context.conversation_id is 'Of which conversation.';
comment on column public.conversation_context.context_data is 'What the assistant keeps in mind.';
comment on column public.conversation_context.last_intent is 'What the customer last wanted.';
comment on column public.conversation_context.conversation_summary is 'What was said, in short.';
comment on column public.conversation_context.key_entities is 'Names, numbers and dates that were mentioned.';
comment on column public.conversation_context.customer_preferences is 'What the customer likes, as far as said.';
comment on column public.conversation_context.updated_at is 'When the row last changed.';
comment on column public.conversation_notes.id is 'The note.';
comment on column public.conversation_notes.workspace_id is 'The workspace.';
comment on column public.conversation_notes.conversation_id is 'To which conversation.';
comment on column public.conversation_notes.agent_id is 'Who wrote it.';
comment on column public.conversation_notes.note is 'The text.';
comment on column public.conversation_notes.is_internal is 'Whether only members see it.';
comment on column public.conversation_notes.note_type is 'general, escalation or resolution.';
comment on column public.conversation_notes.mentions is 'Members who are called in.';
comment on column public.conversation_notes.created_at is 'When it was written.';
comment on column public.conversation_notes.updated_at is 'When it last changed.';
comment on column public.conversation_transfers.id is 'The transfer.';
comment on column public.conversation_transfers.workspace_id is 'The workspace.';
comment on column public.conversation_transfers.conversation_id is 'Of which conversation.';
comment on column public.conversation_transfers.from_agent_id is 'Who had it.';
comment on column public.conversation_transfers.to_agent_id is 'Who is asked to take it.';
comment on column public.conversation_transfers.to_team_id is 'The team that is asked to take it.';
comment on column public.conversation_transfers.transfer_reason is 'Why.';
comment on column public.conversation_transfers.transfer_type is 'manual, automatic or escalation.';
comment on column public.conversation_transfers.transfer_time is 'When it was asked for.';
comment on column public.conversation_transfers.expires_at is 'Until when it can be accepted.';
comment on column public.conversation_transfers.accepted_at is 'When it was accepted.';
comment on column public.conversation_transfers.rejected_at is 'When it was rejected.';
comment on column public.conversation_transfers.status is 'pending, accepted, rejected or expired.';
comment on column public.conversation_participants.id is 'The row.';
comment on column public.conversation_participants.workspace_id is 'The workspace.';
comment on column public.conversation_participants.conversation_id is 'Of which conversation.';
comment on column public.conversation_participants.user_id is 'The member.';
comment on column public.conversation_participants.role is 'follower or mentioned.';
comment on column public.conversation_participants.created_at is 'Since when.';
comment on column public.conversation_reads.id is 'The row.';
comment on column public.conversation_reads.workspace_id is 'The workspace.';
comment on column public.conversation_reads.conversation_id is 'Of which conversation.';
comment on column public.conversation_reads.user_id is 'The member.';
comment on column public.conversation_reads.read_at is 'Up to when he has read it.';
comment on column public.conversation_reads.last_read_message_id is 'The last message he has read.';
comment on column public.conversation_thread_keys.id is 'The row.';
comment on column public.conversation_thread_keys.workspace_id is 'The workspace.';
comment on column public.conversation_thread_keys.conversation_id is 'To which conversation it leads.';
comment on column public.conversation_thread_keys.channel_type is 'The kind of channel.';
comment on column public.conversation_thread_keys.channel_id is 'The channel; all zeros for none.';
comment on column public.conversation_thread_keys.thread_key is 'An id the channel uses: Message-ID or the like.';
comment on column public.conversation_thread_keys.created_at is 'When it was first seen.';
comment on column public.file_attachments.id is 'The file.';
comment on column public.file_attachments.workspace_id is 'The workspace.';
comment on column public.file_attachments.conversation_id is 'In which conversation.';
comment on column public.file_attachments.message_id is 'With which message.';
comment on column public.file_attachments.filename is 'Name as it was sent, without a path.';
comment on column public.file_attachments.file_path is 'Where the storage keeps it.';
comment on column public.file_attachments.file_size is 'Size in bytes.';
comment on column public.file_attachments.mime_type is 'Media type.';
comment on column public.file_attachments.file_hash is 'SHA-256 of the content in hex.';
comment on column public.file_attachments.content_id is 'Content-ID by which an HTML mail refers to it.';
comment on column public.file_attachments.uploaded_by is 'The agent who added it.';
comment on column public.file_attachments.visitor_session_id is 'The session of the visitor who added it.';
comment on column public.file_attachments.storage_provider is 'Where the bytes are: local, s3, aws, gcs or supabase.';
comment on column public.file_attachments.is_public is 'Whether it may be read without signing in.';
comment on column public.file_attachments.created_at is 'When it was added.';
comment on column romashka.removed_files.id is 'The identity that the file had.';
comment on column romashka.removed_files.workspace_id is 'The workspace it was of; it may be gone as well.';
comment on column romashka.removed_files.storage_provider is 'Where the bytes are: local or s3.';
comment on column romashka.removed_files.file_path is 'Where the storage keeps them.';
comment on column romashka.removed_files.attempt_count is 'How many attempts were made.';
comment on column romashka.removed_files.next_attempt_at is 'When the next attempt may be made; while one is made, when the lease ends.';
comment on column romashka.removed_files.lease_id is 'Proof of the present claim. Null unless somebody holds the file.';
comment on column romashka.removed_files.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column romashka.removed_files.error_message is 'Why the last attempt failed.';
comment on column romashka.removed_files.removed_at is 'When the row of the file was removed.';
comment on column public.saved_views.id is 'The view.';
comment on column public.saved_views.workspace_id is 'The workspace.';
comment on column public.saved_views.user_id is 'Whose it is.';
comment on column public.saved_views.name is 'What it is called.';
comment on column public.saved_views.filters is 'Which conversations it shows.';
comment on column public.saved_views.sort is 'By what they are ordered.';
comment on column public.saved_views.is_shared is 'Whether the whole workspace sees it.';
comment on column public.saved_views.created_at is 'When it was saved.';
comment on column public.saved_views.updated_at is 'When it last changed.';
comment on column public.scheduled_messages.id is 'The row''s identity, time-ordered.';
comment on column public.scheduled_messages.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.scheduled_messages.conversation_id is 'The conversation.';
comment on column public.scheduled_messages.sender_id is 'Who sends it; null for a program.';
comment on column public.scheduled_messages.content is 'What will be said.';
comment on column public.scheduled_messages.message_type is 'The kind of message, as messages.message_type.';
comment on column public.scheduled_messages.metadata is 'What the message will carry along.';
comment on column public.scheduled_messages.send_at is 'When it is due.';
comment on column public.scheduled_messages.status is 'scheduled, sent, cancelled, or failed when it could not be put into its conversation.';
comment on column public.scheduled_messages.message_id is 'The message it became.';
comment on column public.scheduled_messages.error_message is 'Why it could not be sent.';
comment on column public.scheduled_messages.created_at is 'When the row was made.';
comment on column public.scheduled_messages.updated_at is 'When the row was last changed.';
comment on column public.presence.id is 'The connection.';
comment on column public.presence.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.presence.user_id is 'Who is there; null for the conversation''s visitor, whose session is the id.';
comment on column public.presence.conversation_id is 'What the person has in view; null for no conversation.';
comment on column public.presence.typing_until is 'Until when the person counts as typing; null for not.';
comment on column public.presence.expires_at is 'Until when the row counts; renewed while the connection is open.';
comment on column public.presence.created_at is 'When the connection began.';

-- ============ 50-knowledge/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.knowledge_categories.id is 'The row''s identity, time-ordered.';
comment on column public.knowledge_categories.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.knowledge_categories.name is 'What readers see.';
comment on column public.knowledge_categories.description is 'What belongs here.';
comment on column public.knowledge_categories.parent_id is 'The category above; null at the top.';
comment on column public.knowledge_categories.order_index is 'Its place among its neighbours, low first.';
comment on column public.knowledge_categories.icon is 'The name of its picture.';
comment on column public.knowledge_categories.color is 'Its colour, as CSS writes it.';
comment on column public.knowledge_categories.is_active is 'Whether it is shown.';
comment on column public.knowledge_categories.created_at is 'When the row was made.';
comment on column public.knowledge_categories.updated_at is 'When the row was last changed.';
comment on column public.knowledge_items.id is 'The row''s identity, time-ordered.';
comment on column public.knowledge_items.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.knowledge_items.title is 'The heading; weighs most in the search.';
comment on column public.knowledge_items.content is 'The text, Markdown or plain.';
comment on column public.knowledge_items.category_id is 'Where it is filed.';
comment on column public.knowledge_items.source_type is 'url, file or manual: where the text came from.';
comment on column public.knowledge_items.source_url is 'The page it was read from.';
comment on column public.knowledge_items.file_path is 'The file it was read from: its path below the folder that was imported, that folder''s name first, and after # the row of a table.';
comment on column public.knowledge_items.file_checksum is 'SHA-256 of what was read, by which an import knows whether it changed; empty when an import found the file gone; null where no import keeps the article.';
comment on column public.knowledge_items.confidence_score is 'How sure the extraction was, 0 to 1.';
comment on column public.knowledge_items.usage_count is 'How often it was used in chats, searches and suggestions. Kept by trigger.';
comment on column public.knowledge_items.helpful_count is 'How many said that it helped.';
comment on column public.knowledge_items.unhelpful_count is 'How many said that it did not.';
comment on column public.knowledge_items.effectiveness_score is 'Share of yes among the answers, smoothed by two of each: 0 to 1, 0.5 without answers.';
comment on column public.knowledge_items.language is 'The language it is written in, a BCP 47 tag; decides how its words are searched.';
comment on column public.knowledge_items.tags is 'Words to file it by.';
comment on column public.knowledge_items.status is 'active, draft (not found yet) or archived (not found any more).';
comment on column public.knowledge_items.audience is 'Who may be shown it: public, signed_in (customers who have proved who they are) or internal (members).';
comment on column public.knowledge_items.version is 'Counts the changes of title and text, from 1.';
comment on column public.knowledge_items.published_at is 'When it first became active.';
comment on column public.knowledge_items.reviewed_at is 'When somebody last found it still right.';
comment on column public.knowledge_items.review_due_at is 'When somebody should look again.';
comment on column public.knowledge_items.last_used_at is 'When it was last used.';
comment on column public.knowledge_items.change_note is 'What the last editor said of his change; kept with the version.';
comment on column public.knowledge_items.created_by is 'Who made it; null for keys, bots and people who are gone.';
comment on column public.knowledge_items.updated_by is 'Who last changed title or text.';
comment on column public.knowledge_items.created_at is 'When the row was made.';
comment on column public.knowledge_items.updated_at is 'When the row was last changed.';
comment on column public.knowledge_items.search_document is 'The words it is found by. Derived.';
comment on column public.knowledge_versions.id is 'The row''s identity, time-ordered.';
comment on column public.knowledge_versions.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.knowledge_versions.knowledge_item_id is 'The article.';
comment on column public.knowledge_versions.version is 'The number, from 1 without gaps.';
comment on column public.knowledge_versions.title is 'The heading it had.';
comment on column public.knowledge_versions.content is 'The text it had.';
comment on column public.knowledge_versions.changes_description is 'What the editor said of the change.';
comment on column public.knowledge_versions.created_by is 'Who wrote it.';
comment on column public.knowledge_versions.created_at is 'Since when it was the text.';
comment on column public.knowledge_analytics.id is 'The row''s identity, time-ordered.';
comment on column public.knowledge_analytics.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.knowledge_analytics.knowledge_item_id is 'The article that was used.';
comment on column public.knowledge_analytics.conversation_id is 'The conversation it was used in.';
comment on column public.knowledge_analytics.was_helpful is 'Whether it helped; null when nobody said.';
comment on column public.knowledge_analytics.feedback_text is 'What was said of it.';
comment on column public.knowledge_analytics.usage_context is 'chat, search or suggestion.';
comment on column public.knowledge_analytics.created_at is 'When it was used.';
comment on column public.intent_patterns.id is 'The row''s identity, time-ordered.';
comment on column public.intent_patterns.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.intent_patterns.intent_name is 'The wish, by a short name.';
comment on column public.intent_patterns.language is 'The language of the patterns, a BCP 47 tag.';
comment on column public.intent_patterns.patterns is 'Words and phrases that tell it.';
comment on column public.intent_patterns.examples is 'Sentences of customers that mean it.';
comment on column public.intent_patterns.confidence_threshold is 'From which likeness on it counts, 0 to 1.';
comment on column public.intent_patterns.is_active is 'Whether it is looked for.';
comment on column public.intent_patterns.created_by is 'Who made it; null for keys, bots and people who are gone.';
comment on column public.intent_patterns.created_at is 'When the row was made.';
comment on column public.intent_patterns.updated_at is 'When the row was last changed.';
comment on column public.website_scan_jobs.id is 'The row''s identity, time-ordered.';
comment on column public.website_scan_jobs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.website_scan_jobs.user_id is 'Who ordered it.';
comment on column public.website_scan_jobs.project_id is 'A project of earlier versions; nothing refers to it.';
comment on column public.website_scan_jobs.urls is 'Where to begin.';
comment on column public.website_scan_jobs.status is 'pending, scanning, completed, failed (nothing could be read) or cancelled; processing is of earlier versions.';
comment on column public.website_scan_jobs.progress_percentage is 'How far it is, 0 to 100.';
comment on column public.website_scan_jobs.pages_found is 'How many pages were found.';
comment on column public.website_scan_jobs.pages_processed is 'How many of them were visited, or left out for a reason of their own; those beyond a limit are not among them.';
comment on column public.website_scan_jobs.scan_settings is 'maxDepth, maxPages, maxSeconds, maxMegabytes, delaySeconds, respectRobots, useSitemap, articles (none, draft, publish), language, audience, archiveGone: docs/knowledge.md.';
comment on column public.website_scan_jobs.started_at is 'When it began.';
comment on column public.website_scan_jobs.completed_at is 'When it ended.';
comment on column public.website_scan_jobs.error_details is 'Why it failed (code), and what went wrong with pages: url, code and detail of up to 100.';
comment on column public.website_scan_jobs.created_at is 'When the row was made.';
comment on column public.extracted_content.id is 'The row''s identity, time-ordered.';
comment on column public.extracted_content.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.extracted_content.scan_job_id is 'The scan that found it.';
comment on column public.extracted_content.url is 'The page.';
comment on column public.extracted_content.title is 'The page''s title.';
comment on column public.extracted_content.content is 'Its text.';
comment on column public.extracted_content.content_type is 'What it is about: pricing, faq, about, product, policy or general.';
comment on column public.extracted_content.headings is 'Its headings, in order.';
comment on column public.extracted_content.metadata is 'What the page says of itself.';
comment on column public.extracted_content.word_count is 'How many words the text has.';
comment on column public.extracted_content.processing_quality is 'How clean the text is, 0 to 1.';
comment on column public.extracted_content.extracted_entities is 'Names, prices and dates found in it.';
comment on column public.extracted_content.created_at is 'When the row was made.';
comment on column public.playground_sessions.id is 'The row''s identity, time-ordered.';
comment on column public.playground_sessions.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.playground_sessions.user_id is 'Whose trial it is.';
comment on column public.playground_sessions.session_name is 'What he calls it.';
comment on column public.playground_sessions.bot_configuration is 'The assistant''s settings of the trial.';
comment on column public.playground_sessions.test_conversations is 'The questions and answers of the trial.';
comment on column public.playground_sessions.performance_metrics is 'What was measured in it.';
comment on column public.playground_sessions.created_at is 'When the row was made.';
comment on column public.playground_sessions.updated_at is 'When the row was last changed.';

comment on column romashka.knowledge_passages.id is 'Identity of the row.';
comment on column romashka.knowledge_passages.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.knowledge_passages.knowledge_item_id is 'The article.';
comment on column romashka.knowledge_passages.model is 'The model that made the vectors: those of another cannot be compared.';
comment on column romashka.knowledge_passages.version is 'Which of the article''s texts it is of.';
comment on column romashka.knowledge_passages.position is 'Its place in the article, from 0: the title alone.';
comment on column romashka.knowledge_passages.headings is 'The headings above it, outermost first, without the title.';
comment on column romashka.knowledge_passages.content is 'Its text, the article''s own without Markdown.';
comment on column romashka.knowledge_passages.embedding is 'Its vector, with title and headings before it: a factor (32-bit float, least significant byte first), then one signed byte a number.';
comment on column romashka.knowledge_passages.sentence_bounds is 'Begin and end of each sentence in bytes of content (UTF-8), one after the other.';
comment on column romashka.knowledge_passages.sentence_embeddings is 'The vector of each sentence, as embedding.';
comment on column romashka.knowledge_passages.revision is 'The revision of the workspace''s passages that it last changed with.';
comment on column romashka.knowledge_indexing.knowledge_item_id is 'The article.';
comment on column romashka.knowledge_indexing.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.knowledge_indexing.status is 'pending, indexing (under a lease), indexed, or failed (no further attempt is made until the text changes).';
comment on column romashka.knowledge_indexing.model is 'The model of its passages. Null before there are any.';
comment on column romashka.knowledge_indexing.version is 'Which of the article''s texts the passages are of. Null before there are any.';
comment on column romashka.knowledge_indexing.attempt_count is 'Attempts since the text last changed.';
comment on column romashka.knowledge_indexing.next_attempt_at is 'When the next attempt may be made; while one is made, when the lease ends.';
comment on column romashka.knowledge_indexing.lease_id is 'Proof of the present claim. Null unless somebody works on the article.';
comment on column romashka.knowledge_indexing.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column romashka.knowledge_indexing.error_message is 'Why the last attempt failed.';
comment on column romashka.knowledge_indexing.indexed_at is 'When its passages were last made.';
comment on column romashka.knowledge_revisions.workspace_id is 'The workspace.';
comment on column romashka.knowledge_revisions.revision is 'How often passages were made, hidden or shown.';
comment on column romashka.knowledge_revisions.removals is 'How often articles were deleted.';

comment on column public.website_scan_pages.id is 'The row''s identity, time-ordered.';
comment on column public.website_scan_pages.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.website_scan_pages.scan_job_id is 'The scan.';
comment on column public.website_scan_pages.kind is 'page, or what tells about pages: robots (robots.txt) or sitemap.';
comment on column public.website_scan_pages.url is 'Its address, without fragment and marks of campaigns.';
comment on column public.website_scan_pages.site is 'Its host, with the port where it is not the usual one.';
comment on column public.website_scan_pages.depth is 'How many links it is away from where the scan began.';
comment on column public.website_scan_pages.status is 'pending, taken (new or changed), unchanged, duplicate (of another page), excluded (not wanted, see code), gone, failed, or read (a robots.txt or sitemap).';
comment on column public.website_scan_pages.code is 'Why it is so, by a word that stays: docs/knowledge.md lists them.';
comment on column public.website_scan_pages.detail is 'The same for people: the page it is a duplicate of, where it leads to, what was answered.';
comment on column public.website_scan_pages.http_status is 'The status that the site answered last.';
comment on column public.website_scan_pages.byte_count is 'Bytes that were received for it.';
comment on column public.website_scan_pages.attempt_count is 'How often it was begun.';
comment on column public.website_scan_pages.rules is 'Of a robots.txt, what it says to this program.';
comment on column public.website_scan_pages.knowledge_item_id is 'The article that was made of it.';
comment on column public.website_scan_pages.created_at is 'When it was found.';
comment on column public.website_scan_pages.finished_at is 'When it was done with.';
comment on column romashka.website_scans.scan_job_id is 'The scan.';
comment on column romashka.website_scans.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.website_scans.sites is 'The hosts it stays on. Empty until it has begun.';
comment on column romashka.website_scans.page_limit is 'How many pages are asked for at most.';
comment on column romashka.website_scans.depth_limit is 'How many links are followed one after the other.';
comment on column romashka.website_scans.byte_limit is 'How many bytes are received at most.';
comment on column romashka.website_scans.ends_at is 'When it ends in any case.';
comment on column romashka.website_scans.pause is 'The least time between two requests; a robots.txt may make it longer.';
comment on column romashka.website_scans.wishes is 'What becomes of pages: articles, language, audience, archive_gone, respect_robots, use_sitemap.';
comment on column romashka.website_scans.page_count is 'How many pages were asked for.';
comment on column romashka.website_scans.byte_count is 'How many bytes were received.';
comment on column romashka.website_scans.attempt_count is 'How often its beginning was tried.';
comment on column romashka.website_scans.next_attempt_at is 'When the next request may be made; while one is made, when the lease ends.';
comment on column romashka.website_scans.lease_id is 'Proof of the present claim. Null unless somebody works on it.';
comment on column romashka.website_scans.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column romashka.website_scans.page_id is 'The page that is at work.';
comment on column romashka.website_hosts.site is 'The host, with the port where it is not the usual one.';
comment on column romashka.website_hosts.lease_id is 'The claim of the request that is made at the moment.';
comment on column romashka.website_hosts.free_at is 'From when on it may be asked: the end of the lease, or of the wait that it asked for.';
comment on column romashka.website_hosts.asked_at is 'When the last request ended; each scan counts its pause from there.';
comment on column romashka.website_pages.id is 'Identity of the row.';
comment on column romashka.website_pages.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.website_pages.url is 'The page.';
comment on column romashka.website_pages.site is 'Its host, with the port where it is not the usual one.';
comment on column romashka.website_pages.depth is 'The least depth it was found at.';
comment on column romashka.website_pages.etag is 'The tag its site gave the text that was read.';
comment on column romashka.website_pages.last_modified is 'When its site says that text is from, as it says it.';
comment on column romashka.website_pages.checksum is 'SHA-256 of title and text as they were read.';
comment on column romashka.website_pages.sketch is 'What near-duplicates are found by: one bit of each of 512 minima over the hashes of its four-word sequences. Null for a short text.';
comment on column romashka.website_pages.links is 'Where it leads to, for when it is not sent again.';
comment on column romashka.website_pages.is_gone is 'Whether its site says that there is no such page any more.';
comment on column romashka.website_pages.is_archived is 'Whether a scan has archived its article because the page was gone; what a person archived stays so.';
comment on column romashka.website_pages.knowledge_item_id is 'The article that was made of it.';
comment on column romashka.website_pages.article_version is 'The version of the article that a scan wrote last; any other is a person''s.';
comment on column romashka.website_pages.seen_at is 'When a scan saw it last.';

-- ============ 55-assistant/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.channel_assistants.channel_id is 'The channel on which it answers.';
comment on column public.channel_assistants.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.channel_assistants.is_enabled is 'Whether it answers at the moment.';
comment on column public.channel_assistants.name is 'By what name it speaks.';
comment on column public.channel_assistants.hours is 'When it answers: always, business_hours or outside_business_hours, as the workspace''s hours and holidays say.';
comment on column public.channel_assistants.traffic_share is 'In what share of conversations it answers, 0 to 1; which ones is drawn once for each.';
comment on column public.channel_assistants.answer_limit is 'After how many of its answers in one conversation a person takes over.';
comment on column public.channel_assistants.forbidden_topics is 'Words and phrases on which it hands over at once, whatever it knows.';
comment on column public.channel_assistants.texts is 'Its own words in place of those it comes with: {"en": {"greeting": …, "hand_off": …, "hand_off_closed": …, "suggest": …, "person": …}}.';
comment on column public.channel_assistants.created_at is 'When the row was made.';
comment on column public.channel_assistants.updated_at is 'When the row was last changed.';

comment on column public.ai_answers.id is 'The row''s identity, time-ordered.';
comment on column public.ai_answers.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.ai_answers.conversation_id is 'The conversation it was asked in.';
comment on column public.ai_answers.message_id is 'The customer''s message, the last of those that make up the question.';
comment on column public.ai_answers.mode is 'automatic (it spoke to the customer by itself) or suggestion (a member asked what it would say).';
comment on column public.ai_answers.question is 'What the customer wrote since he was last answered.';
comment on column public.ai_answers.rewritten_question is 'The question with what it follows on, where that was what the knowledge was asked.';
comment on column public.ai_answers.language is 'The language it answered in, a BCP 47 tag.';
comment on column public.ai_answers.intent is 'The customer''s wish, as intent_patterns tell it.';
comment on column public.ai_answers.audience is 'For whom it looked: public, or signed_in for a customer who has proved who he is.';
comment on column public.ai_answers.verdict is 'What it did: answered, suggested articles, greeted, silent (nothing to say, as to a thank-you), handed_off, or overtaken by a person.';
comment on column public.ai_answers.handoff_reason is
  'Why a person took over: asked_for_person, low_confidence, no_article, sentiment, policy (a forbidden topic), tool_failed, limit_reached, no_model.';
comment on column public.ai_answers.probability is 'How probable it was that the first article answers, 0 to 1; null where there was no model to tell.';
comment on column public.ai_answers.passages is 'What was found, best first, as it was then: article_id, version, position, title, passage, score, cosine, words.';
comment on column public.ai_answers.answer is 'What was said, or would be.';
comment on column public.ai_answers.citations is 'The passages the answer was taken from: article_id, version, position.';
comment on column public.ai_answers.answer_message_id is 'The message by which it was said.';
comment on column public.ai_answers.model is 'The model that compared meanings.';
comment on column public.ai_answers.method is 'How the answer was made, with its version: extractive-1 quotes sentences, generative-1 is written by a language model from the passages it cites.';
comment on column public.ai_answers.configuration is 'What it went by: thresholds, limit of answers, the factors of the gate, and the evidence it was given.';
comment on column public.ai_answers.durations is 'Milliseconds of each step (model, words, ranking, passages, deciding; of the rewritten question as well), and of all.';
comment on column public.ai_answers.tokens_used is 'Tokens of a language model; 0 where none was asked.';
comment on column public.ai_answers.generation is
  'What a language model was asked for and gave: model, prompt (its version), outcome, reason, draft (what was refused), tokens_read, tokens_written, cost, is_estimated; null where none was asked.';
comment on column public.ai_answers.asked_by is 'The member who asked for a suggestion.';
comment on column public.ai_answers.was_helpful is 'What people thought of it; null while nobody said.';
comment on column public.ai_answers.feedback_text is 'What they said of it.';
comment on column public.ai_answers.feedback_by is 'The member who said so.';
comment on column public.ai_answers.feedback_at is 'When they said so.';
comment on column public.ai_answers.created_at is 'When it was decided.';

comment on column romashka.assistant_turns.conversation_id is 'The conversation.';
comment on column romashka.assistant_turns.workspace_id is 'Its workspace. Never changes.';
comment on column romashka.assistant_turns.message_id is 'The customer''s newest message.';
comment on column romashka.assistant_turns.status is 'pending, or answering under a lease.';
comment on column romashka.assistant_turns.attempt_count is 'How often it was begun.';
comment on column romashka.assistant_turns.next_attempt_at is 'When it is due, or when the lease ends.';
comment on column romashka.assistant_turns.lease_id is 'Proof of the claim; a newer message takes it away.';
comment on column romashka.assistant_turns.locked_by is 'The worker that has it.';
comment on column romashka.assistant_turns.error_message is 'Why it last failed.';

-- ============ 56-endpoint/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.ai_endpoints.id is 'The row''s identity, time-ordered; its key is bound to it.';
comment on column public.ai_endpoints.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.ai_endpoints.is_enabled is 'Whether it is asked at the moment.';
comment on column public.ai_endpoints.base_url is 'Below which address /chat/completions is, as https://llm.example.com/v1.';
comment on column public.ai_endpoints.model is 'The model''s name there.';
comment on column public.ai_endpoints.api_key is 'The key it is asked with, as an encrypted envelope; null where it asks for none.';
comment on column public.ai_endpoints.is_streamed is 'Whether it is asked for its answer word by word, so that silence is noticed early.';
comment on column public.ai_endpoints.idle_timeout_seconds is 'How long nothing may come from it.';
comment on column public.ai_endpoints.total_timeout_seconds is 'How long one answer may take with all attempts.';
comment on column public.ai_endpoints.max_tokens is 'Tokens that it may write for one answer.';
comment on column public.ai_endpoints.daily_tokens is 'Tokens a day, read and written, by UTC.';
comment on column public.ai_endpoints.daily_cost is 'What a day may cost by the prices; null for as much as the tokens allow.';
comment on column public.ai_endpoints.input_price is 'Price of a million tokens that it reads.';
comment on column public.ai_endpoints.output_price is 'Price of a million tokens that it writes.';
comment on column public.ai_endpoints.is_masked is 'Whether mail addresses and telephone, account and card numbers in what a customer wrote are left out of what it is sent.';
comment on column public.ai_endpoints.created_at is 'When the row was made.';
comment on column public.ai_endpoints.updated_at is 'When the row was last changed.';

comment on column romashka.ai_usage.workspace_id is 'The workspace. Never changes.';
comment on column romashka.ai_usage.day is 'The day, by UTC.';
comment on column romashka.ai_usage.calls is 'Calls that are over.';
comment on column romashka.ai_usage.tokens_used is 'Tokens they read and wrote.';
comment on column romashka.ai_usage.tokens_reserved is 'Tokens that calls at work may use at most.';
comment on column romashka.ai_usage.cost_used is 'What they cost by the prices of their time.';
comment on column romashka.ai_usage.cost_reserved is 'What calls at work may cost at most.';

comment on column romashka.ai_reservations.id is 'The call.';
comment on column romashka.ai_reservations.workspace_id is 'Its workspace. Never changes.';
comment on column romashka.ai_reservations.day is 'The day it is counted on, by UTC.';
comment on column romashka.ai_reservations.tokens is 'Tokens it may use at most.';
comment on column romashka.ai_reservations.cost is 'What it may cost at most.';
comment on column romashka.ai_reservations.expires_at is 'When it counts as used up.';

-- ============ 57-evaluation/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.question_sets.id is 'The row''s identity, time-ordered.';
comment on column public.question_sets.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.question_sets.name is 'By what name it is called, one of its kind in the workspace.';
comment on column public.question_sets.description is 'What it is for.';
comment on column public.question_sets.language is 'The language its questions are asked in, a BCP 47 tag.';
comment on column public.question_sets.audience is 'For whom answers are looked for: public, or signed_in.';
comment on column public.question_sets.is_automatic is 'Whether it is run after every change of knowledge, settings or questions.';
comment on column public.question_sets.created_by is 'Who made it.';
comment on column public.question_sets.created_at is 'When the row was made.';
comment on column public.question_sets.updated_at is 'When the row was last changed.';

comment on column public.question_set_items.id is 'The row''s identity, time-ordered.';
comment on column public.question_set_items.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.question_set_items.question_set_id is 'The set.';
comment on column public.question_set_items.question is 'As a customer asks it.';
comment on column public.question_set_items.expected_article_id is 'The article that answers; one that is gone makes the question fail.';
comment on column public.question_set_items.expected_facts is 'Words that the answer has to hold, whatever their case.';
comment on column public.question_set_items.must_refuse is 'Whether it must not be answered.';
comment on column public.question_set_items.note is 'Why it is asked.';
comment on column public.question_set_items.conversation_id is 'The conversation it was taken from, with which it goes.';
comment on column public.question_set_items.created_at is 'When the row was made.';
comment on column public.question_set_items.updated_at is 'When the row was last changed.';

comment on column public.question_set_runs.id is 'The row''s identity, time-ordered.';
comment on column public.question_set_runs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.question_set_runs.question_set_id is 'The set.';
comment on column public.question_set_runs.cause is 'Why it was run: asked_for, command, or after a change of knowledge, settings or questions.';
comment on column public.question_set_runs.requested_by is 'The member who asked for it.';
comment on column public.question_set_runs.model is 'The model that compared meanings.';
comment on column public.question_set_runs.method is 'How answers were made, with its version.';
comment on column public.question_set_runs.configuration is 'The settings it went by: thresholds and gate.';
comment on column public.question_set_runs.compared_with_id is 'The run before, with which it was compared.';
comment on column public.question_set_runs.question_count is 'Questions that were asked.';
comment on column public.question_set_runs.passed_count is 'Of these, as expected.';
comment on column public.question_set_runs.answered_count is 'Of these, answered.';
comment on column public.question_set_runs.right_count is 'Of those that were answered, as expected.';
comment on column public.question_set_runs.regressed_count is 'Passed in the run before, and not in this one.';
comment on column public.question_set_runs.fixed_count is 'Passed in this run, and not in the one before.';
comment on column public.question_set_runs.answered_share is 'Answered, as a share of the questions that may be answered.';
comment on column public.question_set_runs.precision_share is 'As expected, as a share of those that were answered.';
comment on column public.question_set_runs.hit_at_1 is 'Of the questions with an expected article, where it came first.';
comment on column public.question_set_runs.recall_at_5 is 'Of the questions with an expected article, where it was among the first five.';
comment on column public.question_set_runs.ndcg_at_10 is 'Over the questions with an expected article the mean of 1 / log2(rank + 1), 0 where it was not among the first ten.';
comment on column public.question_set_runs.started_at is 'When it began.';
comment on column public.question_set_runs.finished_at is 'When it was recorded.';

comment on column public.question_set_results.id is 'The row''s identity, time-ordered.';
comment on column public.question_set_results.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.question_set_results.run_id is 'The run.';
comment on column public.question_set_results.item_id is 'The question''s row.';
comment on column public.question_set_results.question is 'The question as it was then.';
comment on column public.question_set_results.verdict is 'What the assistant would have done.';
comment on column public.question_set_results.handoff_reason is 'Why a person would have taken over.';
comment on column public.question_set_results.probability is 'How probable it was that the first article answers, 0 to 1.';
comment on column public.question_set_results.expected_rank is 'The place of the expected article among those found, from 1; null where it was not among the first ten.';
comment on column public.question_set_results.answer is 'What would have been said.';
comment on column public.question_set_results.passages is 'What was found, best first: article_id, version, position, title, score, cosine.';
comment on column public.question_set_results.citations is 'The passages the answer was taken from: article_id, version, position.';
comment on column public.question_set_results.missing_facts is 'Expected words that the answer did not hold.';
comment on column public.question_set_results.has_passed is 'Whether it went as expected.';
comment on column public.question_set_results.failure is 'Why not: not_answered, wrong_article, missing_facts, must_refuse, article_gone.';
comment on column public.question_set_results.change is 'Against the run before: new, same, fixed or regressed.';
comment on column public.question_set_results.duration_ms is 'Milliseconds it took.';

comment on column romashka.question_set_queue.question_set_id is 'The set.';
comment on column romashka.question_set_queue.workspace_id is 'Its workspace. Never changes.';
comment on column romashka.question_set_queue.status is 'pending, running under a lease, or failed after five attempts.';
comment on column romashka.question_set_queue.cause is 'What changed last, or who asked.';
comment on column romashka.question_set_queue.requested_by is 'The member who asked.';
comment on column romashka.question_set_queue.is_wanted_again is 'Whether something changed since it was claimed.';
comment on column romashka.question_set_queue.attempt_count is 'How often it was begun.';
comment on column romashka.question_set_queue.requested_at is 'When the first of the changes was.';
comment on column romashka.question_set_queue.next_attempt_at is 'When it is due, or when the lease ends.';
comment on column romashka.question_set_queue.lease_id is 'Proof of the claim.';
comment on column romashka.question_set_queue.locked_by is 'The worker that has it.';
comment on column romashka.question_set_queue.error_message is 'Why it last failed.';

-- ============ 58-suggestions/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.article_suggestions.id is 'The row''s identity, time-ordered.';
comment on column public.article_suggestions.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.article_suggestions.conversation_id is 'The conversation that it is taken from.';
comment on column public.article_suggestions.group_id is 'The first row of those that ask alike; none where it is this one.';
comment on column public.article_suggestions.question is 'What the customer asked: the first message with a few words.';
comment on column public.article_suggestions.answer is 'What an agent answered: the longest message after it, without salutation and closing.';
comment on column public.article_suggestions.language is 'The language of the conversation, a BCP 47 tag.';
comment on column public.article_suggestions.occurrences is 'In the group''s first row how many conversations ask alike.';
comment on column public.article_suggestions.status is 'pending, accepted (it is an article) or rejected; the same in the whole group.';
comment on column public.article_suggestions.knowledge_item_id is 'The article it became.';
comment on column public.article_suggestions.decided_by is 'Who accepted or rejected it.';
comment on column public.article_suggestions.decided_at is 'When.';
comment on column public.article_suggestions.created_at is 'When the row was made.';
comment on column public.article_suggestions.updated_at is 'When the row was last changed.';

-- ============ 60-workflows/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.workflows.id is 'The row''s identity, time-ordered.';
comment on column public.workflows.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.workflows.user_id is 'Who made it.';
comment on column public.workflows.name is 'What members call it.';
comment on column public.workflows.description is 'What it is for.';
comment on column public.workflows.trigger_type is 'What starts it: manual, intent, keyword, schedule or event.';
comment on column public.workflows.trigger_conditions is 'Which intent, keyword, time or event.';
comment on column public.workflows.steps is 'The steps in order, as earlier versions kept them.';
comment on column public.workflows.nodes is 'The steps as the editor draws them.';
comment on column public.workflows.connections is 'Which node leads to which.';
comment on column public.workflows.is_active is 'Whether it is started.';
comment on column public.workflows.execution_count is 'How many runs were started. Kept by trigger.';
comment on column public.workflows.success_count is 'How many were completed.';
comment on column public.workflows.failure_count is 'How many failed.';
comment on column public.workflows.created_at is 'When the row was made.';
comment on column public.workflows.updated_at is 'When the row was last changed.';
comment on column public.workflow_executions.id is 'The row''s identity, time-ordered.';
comment on column public.workflow_executions.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.workflow_executions.workflow_id is 'The workflow.';
comment on column public.workflow_executions.conversation_id is 'The conversation it runs on.';
comment on column public.workflow_executions.current_node_id is 'The step it is at.';
comment on column public.workflow_executions.context is 'What its steps have found out.';
comment on column public.workflow_executions.status is 'running, paused (until resume_at), completed or failed.';
comment on column public.workflow_executions.resume_at is 'When a paused run goes on; null until something else wakes it.';
comment on column public.workflow_executions.started_at is 'When it began.';
comment on column public.workflow_executions.completed_at is 'When it ended.';
comment on column public.workflow_executions.error_message is 'What went wrong.';
comment on column public.workflow_executions.execution_log is 'The steps taken, with their times.';

-- ============ 70-analytics/comments ============
-- Purpose: what the columns mean. The documentation is generated from these comments.
comment on column public.daily_metrics.id is 'The row''s identity, time-ordered.';
comment on column public.daily_metrics.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.daily_metrics.date is 'The day, in the time zone of the workspace, on which the conversations began.';
comment on column public.daily_metrics.channel_type is 'Only conversations of this channel; null for all.';
comment on column public.daily_metrics.department is 'Only conversations of this department; null for all.';
comment on column public.daily_metrics.agent_id is 'Only conversations assigned to this person; null for all.';
comment on column public.daily_metrics.total_conversations is 'How many began; those merged into another are not counted.';
comment on column public.daily_metrics.resolved_conversations is 'How many of them are resolved or closed.';
comment on column public.daily_metrics.ai_resolved_conversations is 'How many of them the assistant resolved.';
comment on column public.daily_metrics.human_resolved_conversations is 'How many of them a person resolved.';
comment on column public.daily_metrics.abandoned_conversations is 'How many of them ended without an answer.';
comment on column public.daily_metrics.reopened_conversations is 'How many of them were reopened at least once.';
comment on column public.daily_metrics.avg_first_response_time_seconds is 'Mean seconds to the first answer, of those that have one.';
comment on column public.daily_metrics.p50_first_response_time_seconds is 'Half of the first answers came within this many seconds.';
comment on column public.daily_metrics.p90_first_response_time_seconds is '90 % of the first answers came within this many seconds.';
comment on column public.daily_metrics.p95_first_response_time_seconds is '95 % of the first answers came within this many seconds.';
comment on column public.daily_metrics.avg_resolution_time_seconds is 'Mean seconds to the resolution, of those that are resolved.';
comment on column public.daily_metrics.p50_resolution_time_seconds is 'Half of the resolutions came within this many seconds.';
comment on column public.daily_metrics.p90_resolution_time_seconds is '90 % of the resolutions came within this many seconds.';
comment on column public.daily_metrics.p95_resolution_time_seconds is '95 % of the resolutions came within this many seconds.';
comment on column public.daily_metrics.total_ratings is 'How many are rated.';
comment on column public.daily_metrics.avg_satisfaction_score is 'Mean rating, two decimals.';
comment on column public.daily_metrics.ai_confidence_avg is 'Mean confidence of the assistant, four decimals.';
comment on column public.daily_metrics.ai_accuracy_rate is 'Mean accuracy of the assistant, four decimals.';
comment on column public.daily_metrics.handoff_rate is 'Share that was handed to people at least once, from 0 to 1.';
comment on column public.daily_metrics.leads_generated is 'How many became a lead.';
comment on column public.daily_metrics.sales_qualified_leads is 'How many leads brought revenue.';
comment on column public.daily_metrics.revenue_attributed is 'The revenue attributed to them.';
comment on column public.daily_metrics.created_at is 'When the row was made.';
comment on column public.daily_metrics.updated_at is 'When the row was last changed.';
comment on column public.stale_metric_days.id is 'The row''s identity, time-ordered.';
comment on column public.stale_metric_days.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.stale_metric_days.date is 'The day to make anew.';
comment on column public.stale_metric_days.created_at is 'When the row was made.';
comment on column public.realtime_metrics.id is 'The row''s identity, time-ordered.';
comment on column public.realtime_metrics.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.realtime_metrics.metric_name is 'Which figure.';
comment on column public.realtime_metrics.metric_value is 'Its value.';
comment on column public.realtime_metrics.dimensions is 'Of what part, as an object; empty for the whole workspace.';
comment on column public.realtime_metrics."timestamp" is 'When it was taken.';
comment on column public.realtime_metrics.expires_at is 'Until when it is kept.';
comment on column public.scheduled_reports.id is 'The row''s identity, time-ordered.';
comment on column public.scheduled_reports.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.scheduled_reports.name is 'Its name, for people.';
comment on column public.scheduled_reports.description is 'What it is for, for people.';
comment on column public.scheduled_reports.report_type is 'performance, satisfaction, ai_analytics or custom.';
comment on column public.scheduled_reports.schedule_cron is 'When, as a cron expression in the workspace''s time zone.';
comment on column public.scheduled_reports.recipients is 'The addresses it goes to.';
comment on column public.scheduled_reports.filters is 'Which figures of which days: period, cut, columns and language, as an object.';
comment on column public.scheduled_reports.format is 'pdf, excel or csv.';
comment on column public.scheduled_reports.last_sent_at is 'When it was sent last.';
comment on column public.scheduled_reports.next_run_at is 'When it is due; null until the server has worked it out from the expression.';
comment on column public.scheduled_reports.is_active is 'Whether it is sent.';
comment on column public.scheduled_reports.created_by is 'Who made it.';
comment on column public.scheduled_reports.created_at is 'When the row was made.';
comment on column public.scheduled_reports.updated_at is 'When the row was last changed.';
comment on column public.report_runs.id is 'The row''s identity, time-ordered.';
comment on column public.report_runs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.report_runs.report_id is 'The report.';
comment on column public.report_runs.scheduled_for is 'The moment it was due, or asked for.';
comment on column public.report_runs.is_manual is 'Whether somebody asked for it.';
comment on column public.report_runs.status is 'pending, running, sent (its mails are on their queue) or failed.';
comment on column public.report_runs.attempt_count is 'How often it was begun.';
comment on column public.report_runs.next_attempt_at is 'When it is due; while running, when the lease ends.';
comment on column public.report_runs.lease_id is 'The claim under which a worker holds it.';
comment on column public.report_runs.locked_by is 'The worker.';
comment on column public.report_runs.first_day is 'The first day it tells of, in the workspace''s time zone.';
comment on column public.report_runs.last_day is 'The last day it tells of.';
comment on column public.report_runs.row_count is 'How many rows it has.';
comment on column public.report_runs.filename is 'The name of its file.';
comment on column public.report_runs.content is 'Its file, at most 5 MiB.';
comment on column public.report_runs.recipients is 'The addresses it went to.';
comment on column public.report_runs.error_message is 'Why the last attempt failed, for people.';
comment on column public.report_runs.completed_at is 'When it was sent or given up.';
comment on column public.report_runs.created_at is 'When the row was made.';
comment on column public.tag_counts.id is 'The row''s identity, time-ordered.';
comment on column public.tag_counts.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.tag_counts.applies_to is 'What has the tag: conversation, customer or article.';
comment on column public.tag_counts.tag is 'The tag.';
comment on column public.tag_counts.use_count is 'How many have it; below zero for a moment when its changes are counted in another order.';
comment on column public.tag_changes.id is 'The row''s identity, time-ordered.';
comment on column public.tag_changes.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.tag_changes.applies_to is 'What was given the tag, or lost it.';
comment on column public.tag_changes.tag is 'The tag.';
comment on column public.tag_changes.delta is '1 for each that was given it, -1 for each that lost it.';
comment on column public.tag_changes.created_at is 'When.';
comment on column public.dashboard_configs.id is 'The row''s identity, time-ordered.';
comment on column public.dashboard_configs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.dashboard_configs.user_id is 'Whose it is; null for the workspace''s.';
comment on column public.dashboard_configs.name is 'Its name, for people.';
comment on column public.dashboard_configs.is_default is 'Whether it opens first.';
comment on column public.dashboard_configs.layout is 'Its cards.';
comment on column public.dashboard_configs.filters is 'Its filters, as an object.';
comment on column public.dashboard_configs.refresh_interval is 'After how many seconds it loads anew.';
comment on column public.dashboard_configs.is_public is 'Whether all members read it.';
comment on column public.dashboard_configs.created_at is 'When the row was made.';
comment on column public.dashboard_configs.updated_at is 'When the row was last changed.';
comment on column public.sla_policies.id is 'The row''s identity, time-ordered.';
comment on column public.sla_policies.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.sla_policies.name is 'Its name, for people.';
comment on column public.sla_policies.description is 'What it promises, for people.';
comment on column public.sla_policies.position is 'Policies are tried by ascending position.';
comment on column public.sla_policies.is_active is 'Whether new conversations get it.';
comment on column public.sla_policies.priorities is 'Priorities it is for; empty for all.';
comment on column public.sla_policies.channel_types is 'Channels it is for; empty for all.';
comment on column public.sla_policies.team_ids is 'Teams it is for; empty for all.';
comment on column public.sla_policies.first_response_seconds is 'Within how many seconds the first answer is due; null for no promise.';
comment on column public.sla_policies.next_response_seconds is 'Within how many seconds each later answer is due; null for no promise.';
comment on column public.sla_policies.resolution_seconds is 'Within how many seconds the resolution is due; null for no promise.';
comment on column public.sla_policies.business_hours_only is 'Whether the seconds are those of the workspace''s business hours.';
comment on column public.sla_policies.pause_while_waiting is 'Whether the resolution''s clock stands while the customer has to answer.';
comment on column public.sla_policies.created_by is 'Who made it.';
comment on column public.sla_policies.created_at is 'When the row was made.';
comment on column public.sla_policies.updated_at is 'When the row was last changed.';
comment on column public.sla_tracking.id is 'The row''s identity, time-ordered.';
comment on column public.sla_tracking.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.sla_tracking.conversation_id is 'The conversation.';
comment on column public.sla_tracking.policy_id is 'The policy; null when the settings promised it.';
comment on column public.sla_tracking.sla_type is 'first_response, next_response, resolution or handoff.';
comment on column public.sla_tracking.target_time_seconds is 'Within how many seconds.';
comment on column public.sla_tracking.actual_time_seconds is 'How many seconds it took, pauses left out, in business hours when the policy counts so.';
comment on column public.sla_tracking.status is 'pending, met or breached.';
comment on column public.sla_tracking.breach_reason is 'Why it was breached, for people.';
comment on column public.sla_tracking.business_hours_only is 'Whether the seconds are those of the business hours.';
comment on column public.sla_tracking.started_at is 'When the clock was started.';
comment on column public.sla_tracking.due_at is 'When it runs out; null while it stands.';
comment on column public.sla_tracking.paused_at is 'Since when it stands; null while it runs.';
comment on column public.sla_tracking.paused_seconds is 'How long it stood so far, in calendar seconds.';
comment on column public.sla_tracking.remaining_seconds is 'What is left while it stands.';
comment on column public.sla_tracking.breached_at is 'When it ran out.';
comment on column public.sla_tracking.created_at is 'When the row was made.';
comment on column public.sla_tracking.completed_at is 'When what was promised happened.';

-- ============ 80-integrations/comments ============
-- Purpose: what each column holds; the documentation of the tables is generated from it.
-- Lock risk: SHARE UPDATE EXCLUSIVE on each table for a moment, which lets reads and writes pass.

comment on column public.integrations.id is 'The row''s identity, time-ordered.';
comment on column public.integrations.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.integrations.name is 'What members call it.';
comment on column public.integrations.type is 'crm, helpdesk, ecommerce or email_marketing.';
comment on column public.integrations.provider is 'The other system.';
comment on column public.integrations.status is 'active, inactive, error or pending_setup.';
comment on column public.integrations.configuration is 'Settings that are no secrets.';
comment on column public.integrations.credentials is 'Keys and tokens, as an encrypted envelope; {} for none.';
comment on column public.integrations.sync_settings is 'What is exchanged, and in which direction.';
comment on column public.integrations.last_sync_at is 'When an exchange last succeeded.';
comment on column public.integrations.sync_frequency is 'Seconds between exchanges.';
comment on column public.integrations.error_count is 'Failures since the last success.';
comment on column public.integrations.last_error is 'What went wrong last.';
comment on column public.integrations.created_by is 'Who made it; null for keys, bots and people who are gone.';
comment on column public.integrations.created_at is 'When the row was made.';
comment on column public.integrations.updated_at is 'When the row was last changed.';
comment on column public.integration_field_mappings.id is 'The row''s identity, time-ordered.';
comment on column public.integration_field_mappings.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.integration_field_mappings.integration_id is 'The integration.';
comment on column public.integration_field_mappings.source_entity is 'conversation, customer or message: of what the field is.';
comment on column public.integration_field_mappings.target_entity is 'contact, deal or ticket: where it goes.';
comment on column public.integration_field_mappings.source_field is 'Our field.';
comment on column public.integration_field_mappings.target_field is 'Theirs.';
comment on column public.integration_field_mappings.transformation_rule is 'How the value is changed on its way; null for not at all.';
comment on column public.integration_field_mappings.is_required is 'Whether a record without the value is left out.';
comment on column public.integration_field_mappings.is_active is 'Whether the mapping is used.';
comment on column public.integration_field_mappings.created_at is 'When the row was made.';
comment on column public.integration_field_mappings.updated_at is 'When the row was last changed.';
comment on column public.sync_jobs.id is 'The row''s identity, time-ordered.';
comment on column public.sync_jobs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.sync_jobs.integration_id is 'The integration; its jobs run one after the other.';
comment on column public.sync_jobs.job_type is 'full_sync, incremental or real_time.';
comment on column public.sync_jobs.direction is 'inbound, outbound or bidirectional.';
comment on column public.sync_jobs.status is 'pending, running (under a lease), completed, failed (no attempt can help) or dead (attempts used up).';
comment on column public.sync_jobs.records_processed is 'How many records were exchanged.';
comment on column public.sync_jobs.records_total is 'How many there are to exchange.';
comment on column public.sync_jobs.attempt_count is 'How many times it was taken up.';
comment on column public.sync_jobs.max_attempts is 'After how many attempts it is dead.';
comment on column public.sync_jobs.next_attempt_at is 'When it may be taken up; while it runs, when the lease ends.';
comment on column public.sync_jobs.lease_id is 'Proof of the present claim: who completes or fails the item shows it. Null unless somebody holds the item.';
comment on column public.sync_jobs.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column public.sync_jobs.started_at is 'When it was first taken up.';
comment on column public.sync_jobs.completed_at is 'When it ended.';
comment on column public.sync_jobs.error_details is 'What went wrong the last time.';
comment on column public.sync_jobs.created_at is 'When the row was made.';
comment on column public.webhook_subscriptions.id is 'The row''s identity, time-ordered.';
comment on column public.webhook_subscriptions.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.webhook_subscriptions.integration_id is 'The integration it belongs to, if any.';
comment on column public.webhook_subscriptions.event_type is 'Which events: a kind of the ledger (message.created), all of a subject (message.*) or all (*).';
comment on column public.webhook_subscriptions.webhook_url is 'Where they are posted.';
comment on column public.webhook_subscriptions.secret_key is 'The key the posts are signed with, as an encrypted envelope.';
comment on column public.webhook_subscriptions.previous_secret_key is 'The key before it, by which posts are signed as well for a time, as an encrypted envelope.';
comment on column public.webhook_subscriptions.previous_secret_until is 'Until when.';
comment on column public.webhook_subscriptions.private_key is 'The Ed25519 key the posts are signed with as well, as an encrypted envelope.';
comment on column public.webhook_subscriptions.public_key is 'Its public half, for receivers.';
comment on column public.webhook_subscriptions.previous_private_key is 'The Ed25519 key before it, as an encrypted envelope.';
comment on column public.webhook_subscriptions.previous_private_until is 'Until when posts are signed by it as well.';
comment on column public.webhook_subscriptions.is_active is 'Whether events are put out.';
comment on column public.webhook_subscriptions.retry_count is 'How often a failed post is repeated.';
comment on column public.webhook_subscriptions.timeout_seconds is 'How long an answer is waited for.';
comment on column public.webhook_subscriptions.last_triggered is 'When something was last posted.';
comment on column public.webhook_subscriptions.success_count is 'How many posts were taken.';
comment on column public.webhook_subscriptions.failure_count is 'How many were not.';
comment on column public.webhook_subscriptions.failures_in_a_row is 'Failures since the last success, of a day until the clock has started.';
comment on column public.webhook_subscriptions.first_failed_at is 'The first of them.';
comment on column public.webhook_subscriptions.last_failed_at is 'The last of them.';
comment on column public.webhook_subscriptions.failing_since is 'Since when nothing but failures counts: from the first of three within a day; null after a success.';
comment on column public.webhook_subscriptions.warned_at is 'When the admins were told of it.';
comment on column public.webhook_subscriptions.notice_due is 'What the server has to tell the admins: failing or disabled; null when nothing.';
comment on column public.webhook_subscriptions.disabled_at is 'When it was switched off for its failures.';
comment on column public.webhook_subscriptions.disabled_reason is 'Why.';
comment on column public.webhook_subscriptions.created_at is 'When the row was made.';
comment on column public.webhook_logs.id is 'The post''s identity, the same at each attempt: the receiver''s idempotency key.';
comment on column public.webhook_logs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.webhook_logs.webhook_subscription_id is 'The subscription.';
comment on column public.webhook_logs.event_id is 'The event in the ledger.';
comment on column public.webhook_logs.event_type is 'The event''s kind.';
comment on column public.webhook_logs.payload is 'The body that is posted.';
comment on column public.webhook_logs.ordering_key is 'Posts of one key go to one subscriber one after the other; the conversation.';
comment on column public.webhook_logs.status is 'pending, sending (under a lease), succeeded, failed (no attempt can help) or dead (attempts used up).';
comment on column public.webhook_logs.attempt_count is 'How many attempts were made since it came or was replayed.';
comment on column public.webhook_logs.next_attempt_at is 'When the next attempt may be made; while one is made, when the lease ends.';
comment on column public.webhook_logs.lease_id is 'Proof of the present claim: who completes or fails the item shows it. Null unless somebody holds the item.';
comment on column public.webhook_logs.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column public.webhook_logs.attempts is 'Each attempt: when, answer, milliseconds, error.';
comment on column public.webhook_logs.response_status is 'The last answer''s HTTP status.';
comment on column public.webhook_logs.response_body is 'The beginning of the last answer.';
comment on column public.webhook_logs.error_message is 'What went wrong the last time.';
comment on column public.webhook_logs.processing_time_ms is 'How long the last answer took, in milliseconds.';
comment on column public.webhook_logs.completed_at is 'When it ended, in whatever way.';
comment on column public.webhook_logs.created_at is 'When the row was made.';
comment on column public.message_delivery_tracking.id is 'The row''s identity, time-ordered.';
comment on column public.message_delivery_tracking.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.message_delivery_tracking.message_id is 'The message.';
comment on column public.message_delivery_tracking.channel_type is 'The channel it is sent by.';
comment on column public.message_delivery_tracking.channel_id is 'The channel it goes by, where that is not the message''s own.';
comment on column public.message_delivery_tracking.purpose is 'answer: the message''s own way; fallback: another one, because it could not be delivered; unread: a mail of what was not read in the chat.';
comment on column public.message_delivery_tracking.covers_until is 'Of a mail of unread answers: up to which answer it says them.';
comment on column public.message_delivery_tracking.external_message_id is 'The provider''s id of it, by which the provider reports.';
comment on column public.message_delivery_tracking.delivery_status is 'queued, sending (under a lease), sent, delivered, read, failed (refused), dead (attempts used up) or cancelled. Never goes backwards but by replay.';
comment on column public.message_delivery_tracking.delivery_timestamp is 'When it arrived.';
comment on column public.message_delivery_tracking.read_timestamp is 'When it was read.';
comment on column public.message_delivery_tracking.sent_at is 'When the provider took it.';
comment on column public.message_delivery_tracking.error_details is 'What the provider said against it.';
comment on column public.message_delivery_tracking.retry_count is 'Attempts after the first.';
comment on column public.message_delivery_tracking.max_retries is 'After how many further attempts it is dead.';
comment on column public.message_delivery_tracking.attempt_count is 'How many attempts were made since it was queued or replayed.';
comment on column public.message_delivery_tracking.ordering_key is 'Messages of one key are sent one after the other; the conversation.';
comment on column public.message_delivery_tracking.send_after is 'Not before this moment; also its place in the order.';
comment on column public.message_delivery_tracking.next_attempt_at is 'When the next attempt may be made; while one is made, when the lease ends.';
comment on column public.message_delivery_tracking.lease_id is 'Proof of the present claim: who completes or fails the item shows it. Null unless somebody holds the item.';
comment on column public.message_delivery_tracking.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column public.message_delivery_tracking.is_uncertain is 'Whether an attempt may have succeeded without our knowing, so that a blind repetition could send it twice.';
comment on column public.message_delivery_tracking.attempted_at is 'Since when an attempt has been at the provider whose outcome is not known; null when none is.';
comment on column public.message_delivery_tracking.parts_sent is 'How many parts of a text that is too long for one message the provider has taken; the next attempt goes on behind them.';
comment on column public.message_delivery_tracking.created_at is 'When the row was made.';
comment on column public.message_delivery_tracking.updated_at is 'When the row was last changed.';
comment on column romashka.media_fetches.id is 'The identity of the file, and of the attachment it becomes.';
comment on column romashka.media_fetches.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.media_fetches.channel_id is 'The channel the message came by, whose credentials open the file.';
comment on column romashka.media_fetches.message_id is 'The message it came with.';
comment on column romashka.media_fetches.source is 'What the provider told of it: id or address, declared type, name, hash.';
comment on column romashka.media_fetches.status is 'pending, fetching (under a lease) or failed (no further attempt is made).';
comment on column romashka.media_fetches.attempt_count is 'How many attempts were made.';
comment on column romashka.media_fetches.next_attempt_at is 'When the next attempt may be made; while one is made, when the lease ends.';
comment on column romashka.media_fetches.lease_id is 'Proof of the present claim. Null unless somebody holds the file.';
comment on column romashka.media_fetches.locked_by is 'The worker that holds it, by the name it gave itself.';
comment on column romashka.media_fetches.error_message is 'Why the last attempt failed.';
comment on column romashka.media_fetches.created_at is 'When the message came in.';
comment on column romashka.read_marks.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column romashka.read_marks.conversation_id is 'The talk.';
comment on column romashka.read_marks.channel_id is 'The channel it is on.';
comment on column romashka.read_marks.external_message_id is 'The provider''s id of the customer''s last message that was read; all before it count as read too.';
comment on column romashka.read_marks.wants_typing is 'Whether the customer is to see that somebody types.';
comment on column romashka.read_marks.is_pending is 'Whether the provider does not know it yet.';
comment on column romashka.read_marks.told_message_id is 'Up to which message the provider was told.';
comment on column romashka.read_marks.typing_told_at is 'When it was last told that somebody types.';
comment on column romashka.read_marks.attempt_count is 'How many attempts were made.';
comment on column romashka.read_marks.next_attempt_at is 'When the next attempt may be made; while one is made, when the lease ends.';
comment on column romashka.read_marks.lease_id is 'Proof of the present claim.';
comment on column romashka.read_marks.created_at is 'When the row was made.';

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
comment on column public.retention_runs.id is 'The row''s identity, time-ordered.';
comment on column public.retention_runs.workspace_id is 'The workspace the row belongs to. Never changes.';
comment on column public.retention_runs.area is 'What was removed.';
comment on column public.retention_runs.removed_before is 'Everything finished before this moment.';
comment on column public.retention_runs.removed_rows is 'How many rows.';
comment on column public.retention_runs.created_at is 'When the row was made.';
comment on column public.audit_seals.id is 'The row''s identity, time-ordered.';
comment on column public.audit_seals.workspace_id is 'The workspace whose chain it is. No foreign key: the seals outlive it.';
comment on column public.audit_seals.kind is 'head: the end of the chain at that time; pruned: up to where retention removed rows.';
comment on column public.audit_seals.chain_position is 'The place in the chain.';
comment on column public.audit_seals.chain_hash is 'The chain''s hash at that place.';
comment on column public.audit_seals.row_count is 'How many rows were sealed, or removed.';
comment on column public.audit_seals.created_at is 'When the row was made.';
comment on column romashka.postponed_indexes.name is 'The index.';
comment on column romashka.postponed_indexes.definition is 'The statement that makes it again.';
comment on column romashka.postponed_indexes.created_at is 'When it was taken away.';
comment on column romashka.scheduled_jobs.name is 'The job.';
comment on column romashka.scheduled_jobs.next_run_at is 'When it is due.';
comment on column romashka.scheduled_jobs.last_started_at is 'When it was begun last.';
comment on column romashka.scheduled_jobs.last_finished_at is 'When it was last done without a failure.';
comment on column romashka.scheduled_jobs.last_duration_ms is 'How long it took last, milliseconds.';
comment on column romashka.scheduled_jobs.last_error is 'The kind of its last failure; null after a run that went well.';
comment on column romashka.scheduled_jobs.runs is 'How often it was run.';
comment on column romashka.scheduled_jobs.failures is 'How often it failed.';
comment on column public.adopted_tables.id is 'The id.';
comment on column public.adopted_tables.workspace_id is 'The workspace the rows went to.';
comment on column public.adopted_tables.table_name is 'The table.';
comment on column public.adopted_tables.rows_before is 'How many rows there were.';
comment on column public.adopted_tables.rows_after is 'How many were taken over.';
comment on column public.adopted_tables.rows_repaired is 'In how many of these something was repaired.';
comment on column public.adopted_tables.rows_quarantined is 'How many were put aside in adoption_findings.';
comment on column public.adopted_tables.checksum_before is 'Sum of the hashes of all rows as they were.';
comment on column public.adopted_tables.checksum_unchanged is 'Sum of the hashes of the rows in which nothing was repaired: counted in the older table and in this one, and the same.';
comment on column public.adopted_tables.duration_ms is 'How long it took, milliseconds.';
comment on column public.adopted_tables.own_objects is 'Columns, constraints and triggers of the owner''s own that came along: no drift.';
comment on column public.adopted_tables.created_at is 'When the row was made.';
comment on column public.adoption_findings.id is 'The id.';
comment on column public.adoption_findings.workspace_id is 'The workspace.';
comment on column public.adoption_findings.source_table is 'The table the row was in.';
comment on column public.adoption_findings.source_id is 'Its id, where it had one; the object''s name where something was left out.';
comment on column public.adoption_findings.action is 'repaired: the row is there with another value; quarantined: it is here alone; replaced: a roll-up made anew; left out: something of the owner''s that could not be made again.';
comment on column public.adoption_findings.column_name is 'The column that was the cause, where it was one.';
comment on column public.adoption_findings.reason is 'Why.';
comment on column public.adoption_findings.source_row is 'The row as it was, without credentials.';
comment on column public.adoption_findings.created_at is 'When the row was made.';
comment on column romashka.adopted_credentials.workspace_id is 'The workspace.';
comment on column romashka.adopted_credentials.table_name is 'The table the credential belongs to.';
comment on column romashka.adopted_credentials.column_name is 'The column it belongs to.';
comment on column romashka.adopted_credentials.row_id is 'The row it belongs to.';
comment on column romashka.adopted_credentials.secret is 'The credential as it was, in plaintext.';
comment on column romashka.adopted_credentials.created_at is 'When the row was made.';

commit;
