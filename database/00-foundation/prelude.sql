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
