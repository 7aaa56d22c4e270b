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
