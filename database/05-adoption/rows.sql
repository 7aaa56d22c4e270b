-- Purpose: takes the rows of the older schema over (docs/adopt.md). Each table is staged with the new types; what breaks a rule of this version is
--   repaired where that loses nothing, else put aside in adoption_findings with the row as it was; the rest is inserted.
-- Invariants: rows before = rows after + rows put aside; the checksum of the rows that nothing was repaired in is the same before and after,
--   else everything is rolled back. Rules are read from the catalog, so that none is forgotten. Nothing here is left in the database.
-- Lock risk: none beyond opening.sql; the tables it writes are this transaction's own.

create or replace function romashka.adoption_find(name text, hits text) returns bigint language plpgsql set search_path = '' as $$
declare
  affected bigint;
  secrets constant text[] := case name when 'communication_channels' then array['webhook_secret', 'api_credentials'] when 'integrations' then array['credentials']
    when 'webhook_subscriptions' then array['secret_key'] else '{}'::text[] end;
begin
  execute format('with hit (at, action, field, reason) as (%s) '
    'insert into public.adoption_findings (workspace_id, source_table, source_id, action, column_name, reason, source_row) '
    'select %L::uuid, %L, to_jsonb(o) ->> ''id'', hit.action, hit.field, hit.reason, to_jsonb(o) - %L::text[] from hit join romashka_legacy.%I as o on o.ctid = hit.at',
    hits, romashka.default_workspace_id(), name, secrets, name);
  get diagnostics affected = row_count;
  return affected;
end $$;

-- Changes the staged rows that meet a condition, or puts them aside.
create or replace function romashka.adoption_fix(name text, condition text, field text, replacement text, reason text) returns void language plpgsql set search_path = '' as $$
begin
  perform romashka.adoption_find(name, format(
    'update romashka_legacy.stage as s set %s adoption_fate = %s where s.adoption_fate <> 2 and (%s) returning s.adoption_ctid, %L, %L, %L',
    case when replacement is not null then format('%I = %s,', field, replacement) else '' end,
    case when replacement is not null then '1' else '2' end, condition,
    case when replacement is not null then 'repaired' else 'quarantined' end, field, reason));
end $$;

-- A text, or what it means in another type; null where it means nothing there.
create or replace function romashka.adoption_read(value text, type_name text) returns text language plpgsql set search_path = '' as $$
declare
  taken text;
begin
  if value is null then return null; end if;
  execute format('select (%L::%s)::text', value, type_name) into taken;
  return taken;
exception when data_exception or integrity_constraint_violation or undefined_function or cannot_coerce then
  return null;
end $$;

-- What a table needs beyond what its rules say.
create or replace function romashka.adoption_prepare(name text) returns void language plpgsql set search_path = '' as $$
begin
  case name
    when 'profiles' then
      perform romashka.adoption_fix(name, 'email is null or btrim(email) = ''''', 'email',
        'coalesce((select u.email::text from auth.users as u where u.id = s.id), s.id::text || ''@invalid'')', 'had no address');
      -- A provider's accounts are the provider's: there, a person without one is put aside. Where accounts are ours they are made.
      if (select pg_catalog.pg_has_role(c.relowner, 'usage') and pg_catalog.pg_get_userbyid(c.relowner) <> 'supabase_auth_admin'
            from pg_catalog.pg_class as c where c.oid = 'auth.users'::regclass) then
        insert into auth.users (id, email)
        select s.id, case when row_number() over (partition by lower(s.email) order by s.created_at, s.id) = 1
                           and not exists (select from auth.users as u where lower(u.email) = lower(s.email)) then lower(s.email) end
          from romashka_legacy.stage as s where s.id is not null and not exists (select from auth.users as u where u.id = s.id)
        on conflict do nothing;
      end if;
    when 'conversations' then
      update romashka_legacy.stage as s set number = n.number from (
        select x.adoption_ctid as at, row_number() over (order by x.created_at, x.id) as number from romashka_legacy.stage as x) as n where n.at = s.adoption_ctid;
      perform romashka.adoption_fix(name, 'status in (''resolved'', ''closed'') and resolved_at is null', 'resolved_at', 'greatest(updated_at, created_at)', 'was done without a time');
      update romashka_legacy.stage as s set closed_at = case when status = 'closed' then resolved_at end,
        queued_at = case when assigned_agent_id is null and status in ('active', 'escalated') then created_at end;
    when 'messages' then
      perform romashka.adoption_fix(name, 'delivery_status in (''queued'', ''sending'', ''scheduled'', ''pending'')', 'delivery_status', '''failed''', 'was not sent yet: nothing old is sent by itself');
    when 'message_delivery_tracking' then
      perform romashka.adoption_fix(name, 'delivery_status in (''queued'', ''sending'', ''scheduled'', ''pending'')', 'delivery_status', '''failed''', 'was not sent yet: nothing old is sent by itself');
    when 'webhook_events' then
      update romashka_legacy.stage as s set status = case when processed then 'processed' else 'failed' end;
      perform romashka.adoption_fix(name, 'processed and processed_at is null', 'processed_at', 'created_at', 'was processed without a time');
      perform romashka.adoption_fix(name, 'not processed and processed_at is not null', 'processed_at', 'null', 'has the time of what was not done');
      perform romashka.adoption_fix(name, 'source is not null and source not in (''whatsapp'', ''messenger'', ''instagram'', ''email'', ''sms'', ''website'', ''webhook'', ''api'', ''integration'')',
        'source', '''webhook''', 'the source is none of the list');
    when 'webhook_logs' then
      perform romashka.adoption_fix(name, 'response_status not between 100 and 599', 'response_status', 'null', 'no status of HTTP');
      update romashka_legacy.stage as s set status = case when response_status between 200 and 299 then 'succeeded' else 'failed' end, attempt_count = 1, completed_at = created_at;
    when 'sync_jobs' then
      perform romashka.adoption_fix(name, 'status in (''pending'', ''running'')', 'status', '''failed''', 'was not done yet: start it anew if it is still wanted');
    when 'workflow_executions' then
      perform romashka.adoption_fix(name, 'status in (''completed'', ''failed'') and completed_at is null', 'completed_at', 'started_at', 'ended without a time');
      perform romashka.adoption_fix(name, 'status not in (''completed'', ''failed'') and completed_at is not null', 'completed_at', 'null', 'has an end and goes on');
    when 'sla_tracking' then
      update romashka_legacy.stage as s set started_at = created_at;
      perform romashka.adoption_fix(name, 'target_time_seconds not between 1 and 1000000000', 'target_time_seconds', null, 'no time to keep');
      update romashka_legacy.stage as s set due_at = created_at + make_interval(secs => target_time_seconds) where status = 'pending' and adoption_fate <> 2;
    when 'conversation_transfers' then
      perform romashka.adoption_fix(name, 'status = ''pending'' and exists (select from romashka_legacy.stage as other where other.conversation_id = s.conversation_id
        and other.status = ''pending'' and (other.transfer_time, other.id) > (s.transfer_time, s.id))', 'status', '''expired''', 'a later one waits');
    when 'daily_metrics' then
      update romashka_legacy.stage as s set resolved_conversations = ai_resolved_conversations + human_resolved_conversations + abandoned_conversations;
    when 'audit_logs' then
      update romashka_legacy.stage as s set actor_kind = case when user_id is not null then 'agent' else 'system' end, actor_id = user_id;
      perform romashka.adoption_fix(name, 'jsonb_typeof(changes) <> ''object''', 'changes', 'jsonb_build_object(''value'', changes)', 'the changes are an object');
    when 'file_attachments' then
      perform romashka.adoption_fix(name, 'filename ~ ''[/\\]'' or filename = ''''', 'filename',
        'coalesce(nullif(right(regexp_replace(filename, ''^.*[/\\]'', ''''), 255), ''''), ''file'')', 'a name is no path');
    when 'knowledge_items' then
      update romashka_legacy.stage as s set published_at = created_at where status = 'active';
    when 'knowledge_versions' then
      perform romashka.adoption_find(name, $q$
        update romashka_legacy.stage as s set version = n.version, adoption_fate = 1 from (
          select x.adoption_ctid as at, row_number() over (partition by x.knowledge_item_id order by x.version, x.created_at, x.id) as version
            from romashka_legacy.stage as x where x.knowledge_item_id in (
              select y.knowledge_item_id from romashka_legacy.stage as y group by 1 having count(distinct y.version) < count(*) or min(y.version) < 1)) as n
         where n.at = s.adoption_ctid and s.version is distinct from n.version
        returning s.adoption_ctid, 'repaired', 'version', 'two versions had one number'$q$);
    when 'knowledge_categories' then
      -- A topic that is under itself begins a tree of its own.
      perform romashka.adoption_fix(name, $q$parent_id is not null and exists (
          with recursive above (id) as (select s.parent_id union select p.parent_id from above join romashka_legacy.stage as p on p.id = above.id where p.parent_id is not null)
          select from above where above.id = s.id)$q$, 'parent_id', 'null', 'was under itself');
    when 'canned_responses' then
      perform romashka.adoption_fix(name, $q$shortcut ~ '^[^\s/]{1,49}$'$q$, 'shortcut', $q$'/' || shortcut$q$, 'a shortcut begins with a slash');
    when 'intent_patterns' then
      perform romashka.adoption_fix(name, 'array_position(patterns, null) is not null', 'patterns', 'array_remove(patterns, null)', 'a pattern was empty');
    when 'webhook_subscriptions' then
      perform romashka.adoption_fix(name, $q$event_type !~ '^(\*|[a-z_]+\.(\*|[a-z_]+))$' and lower(btrim(event_type)) ~ '^[a-z_]+[.:/-][a-z_]+$'$q$, 'event_type',
        $q$regexp_replace(lower(btrim(event_type)), '[:/-]', '.')$q$, 'an event is written subject.verb');
    when 'system_settings' then
      update romashka_legacy.stage as s set is_effective = romashka.is_effective_setting(setting_key) where setting_key is not null;
      perform romashka.adoption_fix(name, 'setting_value is null or jsonb_typeof(setting_value) = ''null'' or not romashka.is_valid_setting(setting_key, setting_value)',
        'setting_value', 'romashka.default_setting(setting_key)', 'the value has not the shape this setting needs');
    else
      null;
  end case;
end $$;

-- References that lead nowhere: emptied where they may be empty, else the row is put aside.
create or replace function romashka.adoption_check_references(name text) returns void language plpgsql set search_path = '' as $$
declare
  link record;
begin
  for link in
    select k.conname, a.attname as field, a.attnotnull, k.confrelid = k.conrelid as is_own, k.confrelid::regclass::text as target, b.attname as target_field,
           cardinality(k.conkey) > 1 as is_tenant
      from pg_catalog.pg_constraint as k cross join unnest(k.conkey, k.confkey) as pair (col, ref)
      join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = pair.col
      join pg_catalog.pg_attribute as b on b.attrelid = k.confrelid and b.attnum = pair.ref
     where k.conrelid = format('public.%I', name)::regclass and k.contype = 'f' and a.attname <> 'workspace_id'
       and exists (select from romashka_legacy.contract as c where c.table_name = name and a.attname = any (c.columns))
  loop
    perform romashka.adoption_fix(name, format('s.%I is not null and not exists (select from %s as p where p.%I = s.%I and %s)', link.field,
        case when link.is_own then 'romashka_legacy.stage' else link.target end, link.target_field, link.field,
        case when link.is_own then 'p.adoption_fate <> 2' when link.is_tenant then format('p.workspace_id = %L', romashka.default_workspace_id()) else 'true' end),
      link.field, case when not link.attnotnull then 'null' end, format('refers to no row of %s', link.target));
  end loop;
end $$;

-- Values that break a CHECK of the table or of a column's domain.
create or replace function romashka.adoption_check_values(name text, single boolean) returns void language plpgsql set search_path = '' as $$
declare
  rule record;
  candidates text;
  is_broken boolean;
begin
  for rule in
    select k.conname, pg_catalog.pg_get_expr(k.conbin, k.conrelid) as expression, cardinality(k.conkey) = 1 as is_single, a.attname as field, a.attnotnull,
           format_type(a.atttypid, a.atttypmod) as base, pg_catalog.pg_get_expr(d.adbin, d.adrelid) as given, 1 as turn
      from pg_catalog.pg_constraint as k
      join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
      left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where k.conrelid = format('public.%I', name)::regclass and k.contype = 'c'
    union all
    select k.conname, regexp_replace(regexp_replace(pg_catalog.pg_get_constraintdef(k.oid), '^CHECK \((.*)\)$', '\1'), '\mVALUE\M', format('%I', a.attname), 'g'), true, a.attname, a.attnotnull,
           format_type(t.typbasetype, t.typtypmod), pg_catalog.pg_get_expr(d.adbin, d.adrelid), 0
      from pg_catalog.pg_attribute as a join pg_catalog.pg_type as t on t.oid = a.atttypid and t.typtype = 'd'
      join pg_catalog.pg_constraint as k on k.contypid = t.oid and k.contype = 'c'
      left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = format('public.%I', name)::regclass and a.attnum > 0 and not a.attisdropped
     order by is_single desc, turn
  loop
    if rule.is_single <> single then continue; end if;
    execute format('select exists (select from romashka_legacy.stage as s where s.adoption_fate <> 2 and (%s) is false)', rule.expression) into is_broken;
    if not is_broken then continue; end if;
    if not rule.is_single then
      perform romashka.adoption_fix(name, format('(%s) is false', rule.expression), rule.field, null, format('breaks the rule %s', rule.conname));
      continue;
    end if;
    candidates := case when rule.base = 'text' then format('(1, lower(btrim(s.%1$I))), (2, left(btrim(s.%1$I), 200)), ', rule.field) else '' end
      || case when rule.given is not null then format('(3, (%s)::%s), ', rule.given, rule.base) else '' end || format('(4, null::%s)', rule.base);
    perform romashka.adoption_find(name, format($q$
      update romashka_legacy.stage as s set %1$I = bad.better, adoption_fate = case when bad.found is null then 2 else 1 end
        from (select s.adoption_ctid as at, f.found, f.better from romashka_legacy.stage as s
                left join lateral (select u.n as found, u.%1$I as better from (values %3$s) as u (n, %1$I)
                                    where (%2$s) is not false %4$s order by u.n limit 1) as f on true
               where s.adoption_fate <> 2 and (%2$s) is false) as bad
       where s.adoption_ctid = bad.at
      returning s.adoption_ctid, case when bad.found is null then 'quarantined' else 'repaired' end, %5$L, %6$L$q$,
      rule.field, rule.expression, candidates, case when rule.attnotnull then format('and u.%I is not null', rule.field) else '' end, rule.field,
      format('breaks the rule %s', rule.conname)));
  end loop;
end $$;

-- Columns that may not be empty and have nothing to be filled with.
create or replace function romashka.adoption_check_empty(name text) returns void language plpgsql set search_path = '' as $$
declare
  field text;
begin
  for field in select a.attname from pg_catalog.pg_attribute as a
    where a.attrelid = format('public.%I', name)::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull and a.attgenerated = '' loop
    perform romashka.adoption_fix(name, format('s.%I is null', field), field, null, 'may not be empty');
  end loop;
end $$;

-- Rows that this version has once only. The oldest stays as it is; an id of elsewhere is emptied, a name gets a number, other rows are put aside.
create or replace function romashka.adoption_check_doubles(name text) returns void language plpgsql set search_path = '' as $$
declare
  key record;
  doubles text;
begin
  for key in
    select i.indexrelid, c.relname, pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
           array(select pg_catalog.pg_get_indexdef(i.indexrelid, n::integer, true) from generate_series(1, i.indnkeyatts) as n) as parts,
           (select a.attname from pg_catalog.pg_attribute as a
             where a.attrelid = i.indrelid and not a.attnotnull and a.attname in ('email', 'external_message_id', 'shortcut')
               and exists (select from pg_catalog.pg_depend as d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid
                             and d.refobjid = i.indrelid and d.refobjsubid = a.attnum) limit 1) as emptied,
           case name when 'knowledge_categories' then 'name' when 'message_templates' then 'name' when 'intent_patterns' then 'intent_name' when 'profiles' then 'email' end as renamed
      from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid
     where i.indrelid = format('public.%I', name)::regclass and i.indisunique
     order by i.indisprimary desc, c.relname
  loop
    doubles := format('select x.adoption_ctid as at, x.turn from (select s.adoption_ctid, row_number() over (partition by %s order by %s s.id) as turn '
        'from romashka_legacy.stage as s where s.adoption_fate <> 2 and (%s) and %s) as x where x.turn > 1',
      array_to_string(key.parts, ', '),
      case when exists (select from pg_catalog.pg_attribute as a where a.attrelid = 'romashka_legacy.stage'::regclass and a.attname = 'created_at') then 's.created_at,' else '' end,
      coalesce(key.predicate, 'true'),
      (select string_agg(format('(%s) is not null', part), ' and ') from unnest(key.parts) as part));
    perform romashka.adoption_find(name, format(
      'update romashka_legacy.stage as s set %s adoption_fate = %s from (%s) as double where s.adoption_ctid = double.at returning s.adoption_ctid, %L, %L, %L',
      case when key.emptied is not null then format('%I = null,', key.emptied)
           when key.renamed = 'email' and key.relname = 'profiles_email_key' then 'email = s.id::text || ''@invalid'','
           when key.renamed <> 'email' and key.relname not like '%pkey' then format('%1$I = left(s.%1$I, 80) || '' ('' || left(s.id::text, 8) || '')'',', key.renamed)
           else '' end,
      case when key.emptied is not null or (key.renamed is not null and key.relname not like '%pkey') then '1' else '2' end, doubles,
      case when key.emptied is not null or (key.renamed is not null and key.relname not like '%pkey') then 'repaired' else 'quarantined' end,
      coalesce(key.emptied, case when key.relname not like '%pkey' then key.renamed end), format('another row has the same %s', key.relname)));
  end loop;
end $$;

do $adoption$
declare
  here constant uuid := romashka.default_workspace_id();
  path constant text := pg_catalog.current_setting('search_path');
  part record;
  own record;
  expressions text;
  fields text;
  digested text;
  indexes text[];
  definition text;
  began timestamptz;
  counted record;
  after_rows bigint;
  after_checksum numeric;
begin
  if to_regnamespace('romashka_legacy') is null then return; end if;
  perform pg_catalog.set_config('search_path', '', true);
  insert into public.workspaces (id, slug, name) values (here, 'default', 'ROMASHKA') on conflict do nothing;
  for part in select c.* from romashka_legacy.contract as c order by c.place loop
    began := pg_catalog.clock_timestamp();
    -- Columns of the owner's own come along. One that has the name of a new column gets another.
    for own in
      select l.attname, l.attname || case when n.attname is not null then '_of_owner' else '' end as new_name, format_type(l.atttypid, l.atttypmod) as type_name
        from pg_catalog.pg_attribute as l
        left join pg_catalog.pg_attribute as n on n.attrelid = format('public.%I', part.table_name)::regclass and n.attname = l.attname and not n.attisdropped
       where l.attrelid = format('romashka_legacy.%I', part.table_name)::regclass and l.attnum > 0 and not l.attisdropped and l.attname <> all (part.columns)
    loop
      execute format('alter table public.%I add column %I %s', part.table_name, own.new_name, own.type_name);
      insert into romashka_legacy.owned (kind, name, definition, columns) values ('column', part.table_name, own.attname, array[own.new_name::text]);
    end loop;

    with target as (
      select n.attnum, n.attname, n.attnotnull, coalesce(t.typbasetype <> 0, false) as is_domain,
             case when t.typtype = 'd' then t.typbasetype else n.atttypid end as base_oid,
             case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) else format_type(n.atttypid, n.atttypmod) end as base,
             replace(pg_catalog.pg_get_expr(d.adbin, d.adrelid), 'clock_timestamp()', 'now()') as given,
             l.attname as old_name, l.atttypid as old_type, l.attname = any (part.columns) as is_known,
             (part.table_name, n.attname) in (('communication_channels', 'webhook_secret'), ('communication_channels', 'api_credentials'),
               ('integrations', 'credentials'), ('webhook_subscriptions', 'secret_key')) as is_secret
        from pg_catalog.pg_attribute as n
        join pg_catalog.pg_type as t on t.oid = n.atttypid
        left join pg_catalog.pg_attrdef as d on d.adrelid = n.attrelid and d.adnum = n.attnum
        left join romashka_legacy.owned as o on o.kind = 'column' and o.name = part.table_name and o.columns[1] = n.attname
        left join pg_catalog.pg_attribute as l on l.attrelid = format('romashka_legacy.%I', part.table_name)::regclass and not l.attisdropped and l.attnum > 0
         and l.attname = coalesce(o.definition, n.attname) and (o.definition is not null or l.attname = any (part.columns))
       where n.attrelid = format('public.%I', part.table_name)::regclass and n.attnum > 0 and not n.attisdropped and n.attgenerated = ''),
    written as (
      select t.*, case
          when t.attname = 'workspace_id' then format('%L::uuid', here)
          when t.is_secret then format('%s::%s', case when t.attnotnull then '''{}''' else 'null' end, t.base)
          when (part.table_name, t.attname) = ('messages', 'channel_id') then
            case when exists (select from pg_catalog.pg_attribute as a where a.attrelid = to_regclass('romashka_legacy.messages') and a.attname = 'conversation_id' and a.atttypid = 'uuid'::regtype)
              then format('(select c.channel_id from public.conversations as c where c.id = o.conversation_id and c.workspace_id = %L)', here) else 'null::uuid' end
          when t.old_name is null then format('(%s)::%s', coalesce(t.given, 'null'), t.base)
          when t.is_known and not (t.old_type = t.base_oid
              or exists (select from pg_catalog.pg_cast as c where c.castsource = t.old_type and c.casttarget = t.base_oid and (c.castcontext = 'i' or c.castmethod = 'b'))
              or (t.base = 'text[]' and t.old_type in ('character varying[]'::regtype, 'character[]'::regtype)))
            then format('romashka.adoption_read(o.%I::text, %L)::%s', t.old_name, t.base, t.base)
          else format('o.%I::%s', t.old_name, t.base) end as expression
        from target as t)
    select string_agg(case when w.is_known and w.attnotnull and w.given is not null and w.given !~ 'generate_uuid|nextval' and w.old_name is not null and not w.is_secret
             then format('coalesce(%s, (%s)::%s)', w.expression, w.given, w.base) else w.expression end || format(' as %I', w.attname), ', ' order by w.attnum),
           string_agg(format('%I', w.attname), ', ' order by w.attnum),
           string_agg(format('x.%I', w.attname), ', ' order by w.attnum) filter (where w.old_name is not null and not w.is_secret)
      into expressions, fields, digested from written as w;
    execute format('create unlogged table romashka_legacy.stage as select x.*, 0::smallint as adoption_fate, pg_catalog.hashtextextended(row(%s)::text, 0) as adoption_digest '
      'from (select o.ctid as adoption_ctid, %s from romashka_legacy.%I as o) as x', digested, expressions, part.table_name);
    analyze romashka_legacy.stage;
    -- What could not be read in its new type is kept in the findings.
    for own in select l.attname from pg_catalog.pg_attribute as l
        join pg_catalog.pg_attribute as n on n.attrelid = 'romashka_legacy.stage'::regclass and n.attname = l.attname
       where l.attrelid = format('romashka_legacy.%I', part.table_name)::regclass and l.attnum > 0 and not l.attisdropped and l.attname = any (part.columns)
         and expressions like '%' || format('romashka.adoption_read(o.%I::text', l.attname) || '%' loop
      perform romashka.adoption_find(part.table_name, format('update romashka_legacy.stage as s set adoption_fate = 1 from romashka_legacy.%1$I as o '
        'where o.ctid = s.adoption_ctid and o.%2$I is not null and romashka.adoption_read(o.%2$I::text, %3$L) is null returning s.adoption_ctid, ''repaired'', %2$L, ''could not be read in its new type''',
        part.table_name, own.attname, (select format_type(case when t.typtype = 'd' then t.typbasetype else n.atttypid end, -1) from pg_catalog.pg_attribute as n join pg_catalog.pg_type as t on t.oid = n.atttypid
          where n.attrelid = format('public.%I', part.table_name)::regclass and n.attname = own.attname)));
    end loop;
    perform romashka.adoption_fix(part.table_name, 's.id is null', 'id', 'public.generate_uuid()', 'had no id');
    perform romashka.adoption_prepare(part.table_name);
    perform romashka.adoption_check_references(part.table_name);
    perform romashka.adoption_check_values(part.table_name, true);
    perform romashka.adoption_prepare(part.table_name);
    perform romashka.adoption_check_values(part.table_name, false);
    perform romashka.adoption_check_empty(part.table_name);
    perform romashka.adoption_check_doubles(part.table_name);

    -- Indexes are made after the rows: many at a time is far less work.
    indexes := '{}';
    if (select count(*) from romashka_legacy.stage) > 1000 and (select c.relkind = 'r' from pg_catalog.pg_class as c where c.oid = format('public.%I', part.table_name)::regclass) then
      for own in select i.indexrelid::regclass::text as name, pg_catalog.pg_get_indexdef(i.indexrelid) as statement from pg_catalog.pg_index as i
        where i.indrelid = format('public.%I', part.table_name)::regclass and not i.indisunique loop
        indexes := indexes || own.statement;
        execute format('drop index %s', own.name);
      end loop;
    end if;
    begin
      execute format('insert into public.%I (%s) select %s from romashka_legacy.stage as s where s.adoption_fate <> 2', part.table_name, fields, fields);
    exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
      -- A rule that none of the above knows: row by row, so that one bad row is one finding.
      for own in select s.adoption_ctid as at from romashka_legacy.stage as s where s.adoption_fate <> 2 loop
        begin
          execute format('insert into public.%I (%s) select %s from romashka_legacy.stage as s where s.adoption_ctid = $1', part.table_name, fields, fields) using own.at;
        exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
          perform romashka.adoption_fix(part.table_name, format('s.adoption_ctid = %L', own.at), null, null, sqlerrm);
        end;
      end loop;
    end;
    foreach definition in array indexes loop
      execute definition;
    end loop;
    for own in select x.field from (values ('communication_channels', 'webhook_secret'), ('communication_channels', 'api_credentials'), ('integrations', 'credentials'),
        ('webhook_subscriptions', 'secret_key')) as x (name, field)
        join pg_catalog.pg_attribute as a on a.attrelid = format('romashka_legacy.%I', part.table_name)::regclass and a.attname = x.field and not a.attisdropped
       where x.name = part.table_name loop
      execute format('insert into romashka.adopted_credentials (workspace_id, table_name, column_name, row_id, secret) '
        'select %L, %L, %L, s.id, o.%I::text from romashka_legacy.stage as s join romashka_legacy.%I as o on o.ctid = s.adoption_ctid '
        'where o.%I is not null and o.%I::text not in ('''', ''{}'', ''null'') and s.adoption_fate <> 2', here, part.table_name, own.field, own.field, part.table_name, own.field, own.field);
    end loop;

    -- The proof, before anything is dropped.
    select count(*) as before_rows, coalesce(sum(s.adoption_digest), 0) as before_checksum, count(*) filter (where s.adoption_fate = 1) as repaired,
           count(*) filter (where s.adoption_fate = 2) as quarantined, coalesce(sum(s.adoption_digest) filter (where s.adoption_fate = 0), 0) as unchanged
      into counted from romashka_legacy.stage as s;
    execute format('select count(*), coalesce(sum(pg_catalog.hashtextextended(row(%s)::text, 0)) filter (where s.id is null), 0) from public.%I as x '
      'left join romashka_legacy.stage as s on s.id = x.id and s.adoption_fate = 1', digested, part.table_name) into after_rows, after_checksum;
    if after_rows <> counted.before_rows - counted.quarantined or after_checksum <> counted.unchanged then
      raise exception 'the rows of % are not the same after the move: % of %, checksum % instead of %', part.table_name, after_rows, counted.before_rows, after_checksum, counted.unchanged
        using errcode = 'RM500', hint = 'Nothing was changed. Please report this.';
    end if;
    insert into public.adopted_tables (workspace_id, table_name, rows_before, rows_after, rows_repaired, rows_quarantined, checksum_before, checksum_unchanged, duration_ms)
    values (here, part.table_name, counted.before_rows, after_rows, counted.repaired, counted.quarantined, counted.before_checksum::text, after_checksum::text,
      (extract(epoch from pg_catalog.clock_timestamp() - began) * 1000)::bigint);
    drop table romashka_legacy.stage;

    if part.table_name = 'profiles' then
      -- What one may do is in workspace_members now. Who was an admin or an agent, and who has conversations, is a member.
      execute format('insert into public.workspace_members (workspace_id, user_id, role) select %L, p.id, case p.role when ''admin'' then '
        'case when p.id = (select f.id from public.profiles as f where f.role = ''admin'' order by f.created_at, f.id limit 1) then ''owner'' else ''admin'' end else ''agent'' end '
        'from public.profiles as p where p.role in (''admin'', ''agent'') %s on conflict do nothing', here,
        (select string_agg(format(' or p.id in (select o.%I from romashka_legacy.%I as o)', a.attname, c.relname), '')
           from pg_catalog.pg_attribute as a join pg_catalog.pg_class as c on c.oid = a.attrelid
          where c.relnamespace = 'romashka_legacy'::regnamespace and a.atttypid = 'uuid'::regtype and not a.attisdropped
            and (c.relname::text, a.attname::text) in (('agent_availability', 'agent_id'), ('conversations', 'assigned_agent_id'))));
    end if;
  end loop;

  if to_regclass('romashka_legacy.schema_migrations') is not null then
    insert into public.schema_migrations (version, applied_at, description)
    select 'before-' || m.version::text, coalesce((to_jsonb(m) ->> 'applied_at')::timestamptz, pg_catalog.now()), to_jsonb(m) ->> 'description' from romashka_legacy.schema_migrations as m
    on conflict do nothing;
    drop table romashka_legacy.schema_migrations;
  end if;

  -- Figures follow from rows: they are counted here, where no trigger is yet.
  insert into public.conversation_analytics (workspace_id, conversation_id, started_at, customer_satisfaction)
  select c.workspace_id, c.id, c.created_at, c.satisfaction_score from public.conversations as c
   where not exists (select from public.conversation_analytics as a where a.conversation_id = c.id and a.workspace_id = c.workspace_id);
  with said as (
    select m.conversation_id, count(*) as total, count(*) filter (where m.sender_type = 'user') as customer, count(*) filter (where m.sender_type = 'ai') as ai,
           count(*) filter (where m.sender_type = 'agent') as agent, min(m.created_at) filter (where m.sender_type <> 'user') as first_response,
           max(m.created_at) filter (where m.sender_type <> 'user') as last_response
      from public.messages as m group by m.conversation_id),
  latest as (
    select distinct on (m.conversation_id) m.conversation_id, m.id, m.created_at, left(m.content, 500) as content from public.messages as m
     order by m.conversation_id, m.created_at desc, m.id desc),
  waiting as (
    select m.conversation_id, min(m.created_at) as since from public.messages as m join said as s on s.conversation_id = m.conversation_id
     where m.sender_type = 'user' and m.created_at > coalesce(s.last_response, '-infinity') group by m.conversation_id),
  counted as (
    update public.conversations as c set message_count = coalesce(s.total, 0), last_message = l.content, last_message_id = l.id, last_message_at = coalesce(l.created_at, c.created_at),
      first_response_at = s.first_response, waiting_since = case when c.status in ('active', 'escalated') then w.since end
      from public.conversations as x left join said as s on s.conversation_id = x.id left join latest as l on l.conversation_id = x.id left join waiting as w on w.conversation_id = x.id
     where c.id = x.id and c.workspace_id = x.workspace_id)
  update public.conversation_analytics as a set total_messages = coalesce(s.total, 0), customer_messages = coalesce(s.customer, 0), ai_messages = coalesce(s.ai, 0),
    agent_messages = coalesce(s.agent, 0), first_response_at = s.first_response,
    first_response_seconds = case when s.first_response is not null then greatest(0, extract(epoch from s.first_response - a.started_at))::integer end
    from public.conversation_analytics as x left join said as s on s.conversation_id = x.conversation_id
   where a.id = x.id and a.workspace_id = x.workspace_id;
  update public.customer_profiles as p set total_conversations = coalesce(r.talks, 0), rating_count = coalesce(r.ratings, 0), rating_sum = coalesce(r.total, 0),
    avg_satisfaction = case when r.ratings > 0 then round(r.total / r.ratings, 2) else 0 end
    from public.customer_profiles as x left join (
      select c.customer_id, count(*) as talks, count(c.satisfaction_score) as ratings, sum(c.satisfaction_score) as total from public.conversations as c group by c.customer_id) as r
      on r.customer_id = x.id
   where p.id = x.id and p.workspace_id = x.workspace_id;
  update public.agent_availability as v set current_chat_count = (select count(*) from public.conversations as c
    where c.workspace_id = v.workspace_id and c.assigned_agent_id = v.agent_id and c.status in ('active', 'escalated'));
  -- Each text an article has had is a version, the present one the last.
  with last_version as (
    select i.id, greatest(i.version, coalesce((select max(v.version) from public.knowledge_versions as v where v.knowledge_item_id = i.id and v.workspace_id = i.workspace_id) + 1, 1)) as version
      from public.knowledge_items as i),
  numbered as (update public.knowledge_items as i set version = l.version from last_version as l where l.id = i.id returning i.*)
  insert into public.knowledge_versions (workspace_id, knowledge_item_id, version, title, content, created_by, created_at)
  select n.workspace_id, n.id, n.version, n.title, n.content, coalesce(n.updated_by, n.created_by), n.updated_at from numbered as n;

  -- What the owner added to the older tables.
  for part in select c.* from romashka_legacy.contract as c order by c.place loop
    for own in select o.columns[1] as new_name, l.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid) as given, l.attnotnull, l.attgenerated, l.attidentity,
        pg_catalog.pg_get_serial_sequence(format('romashka_legacy.%I', part.table_name), l.attname) as numbers, pg_catalog.col_description(l.attrelid, l.attnum) as words
        from romashka_legacy.owned as o
        join pg_catalog.pg_attribute as l on l.attrelid = format('romashka_legacy.%I', part.table_name)::regclass and l.attname = o.definition
        left join pg_catalog.pg_attrdef as d on d.adrelid = l.attrelid and d.adnum = l.attnum
       where o.kind = 'column' and o.name = part.table_name loop
      if own.attidentity <> '' then
        execute format('alter table public.%I alter column %I set not null', part.table_name, own.new_name);
        execute format('alter table public.%I alter column %I add generated by default as identity', part.table_name, own.new_name);
        execute format('select pg_catalog.setval(pg_catalog.pg_get_serial_sequence(%L, %L), coalesce((select max(x.%I) from public.%I as x), 0) + 1, false)',
          format('public.%I', part.table_name), own.new_name, own.new_name, part.table_name);
      elsif own.numbers is not null then
        execute format('alter sequence %s owned by none', own.numbers);
        execute format('alter sequence %s set schema public', own.numbers);
        execute format('alter sequence %s owned by public.%I.%I', replace(own.numbers, 'romashka_legacy.', 'public.'), part.table_name, own.new_name);
      end if;
      if own.given is not null and own.attgenerated = '' then
        execute format('alter table public.%I alter column %I set default %s', part.table_name, own.new_name, replace(own.given, 'romashka_legacy.', 'public.'));
      end if;
      if own.attnotnull and own.attidentity = '' then execute format('alter table public.%I alter column %I set not null', part.table_name, own.new_name); end if;
      update public.adopted_tables as t set own_objects = t.own_objects || format('column public.%I.%I', part.table_name, own.new_name)
       where t.workspace_id = here and t.table_name = part.table_name;
      if own.words is not null then execute format('comment on column public.%I.%I is %L', part.table_name, own.new_name, own.words); end if;
    end loop;
    insert into romashka_legacy.owned (kind, name, columns, definition)
    select 'constraint', k.conname, array[part.table_name], format('alter table public.%I add constraint %I %s', part.table_name, k.conname, pg_catalog.pg_get_constraintdef(k.oid))
      from pg_catalog.pg_constraint as k
     where k.conrelid = format('romashka_legacy.%I', part.table_name)::regclass and k.contype in ('c', 'u', 'f', 'x')
       and exists (select from pg_catalog.pg_attribute as a where a.attrelid = k.conrelid and a.attnum = any (k.conkey) and a.attname <> all (part.columns));
    insert into romashka_legacy.owned (kind, name, definition)
    select 'index', c.relname, pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid
     where i.indrelid = format('romashka_legacy.%I', part.table_name)::regclass
       and not exists (select from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid)
       and exists (select from pg_catalog.pg_attribute as a where a.attrelid = i.indrelid and a.attnum = any (i.indkey::smallint[]) and a.attname <> all (part.columns));
    insert into romashka_legacy.owned (kind, name, columns, definition)
    select 'policy', y.polname, array[part.table_name], format('create policy %I on public.%I', y.polname, part.table_name) from pg_catalog.pg_policy as y
     where y.polrelid = format('romashka_legacy.%I', part.table_name)::regclass;
  end loop;
  execute (select 'drop table ' || string_agg(format('romashka_legacy.%I', c.table_name), ', ') from romashka_legacy.contract as c);
  for own in select o.place, o.kind, o.name, replace(o.definition, 'romashka_legacy.', 'public.') as definition, o.columns from romashka_legacy.owned as o
    where o.kind in ('constraint', 'index', 'trigger', 'reference', 'view', 'publication', 'policy')
    order by array_position(array['constraint', 'index', 'trigger', 'reference', 'view', 'publication', 'policy'], o.kind), o.place loop
    begin
      if own.kind = 'policy' then
        raise exception 'row security is this version''s: a policy of before would open the rows again';
      elsif own.kind = 'reference' then
        -- The owner's tables refer to a row by its id alone, which is unique, although this version's own keys do not need that.
        if not exists (select from pg_catalog.pg_constraint as k where k.conrelid = format('public.%I', own.columns[1])::regclass and k.conname = own.columns[1] || '_owner_key') then
          execute format('alter table public.%I add constraint %I unique (%s)', own.columns[1], own.columns[1] || '_owner_key', own.columns[2]);
        end if;
        -- Without an index each removal here would read the whole of the owner's table.
        if own.columns[4] is not null then execute format('create index on %s (%s)', own.name, own.columns[4]); end if;
        begin
          execute own.definition;
        exception when foreign_key_violation then
          execute own.definition || ' not valid';
          insert into public.adoption_findings (workspace_id, source_table, source_id, action, reason, source_row)
          values (here, own.columns[1], own.name, 'left out', 'rows refer to rows that were put aside: the reference holds for new rows only (not valid)',
            jsonb_build_object('kind', own.kind, 'definition', own.definition));
        end;
      else
        execute own.definition;
      end if;
      -- What is the owner's own is no drift.
      update public.adopted_tables as t set own_objects = t.own_objects || case when own.kind = 'reference' then format('constraint public.%I.%I', own.columns[1], own.columns[1] || '_owner_key')
          else format('%s public.%I.%I', own.kind, own.columns[1], own.name) end
       where t.workspace_id = here and t.table_name = own.columns[1] and own.kind in ('constraint', 'trigger', 'reference');
    exception when others then
      if sqlstate like '53%' or sqlstate like '57%' or sqlstate like '40%' then raise; end if;
      insert into public.adoption_findings (workspace_id, source_table, source_id, action, column_name, reason, source_row)
      values (here, coalesce(own.columns[1], own.name), own.name, 'left out', null, left(sqlerrm, 2000), jsonb_build_object('kind', own.kind, 'definition', own.definition));
    end;
  end loop;
  perform pg_catalog.set_config('search_path', path, true);
end $adoption$;

-- They belong to the adoption alone and were made above.
-- squawk-ignore ban-drop-function
drop function romashka.adoption_find(text, text),
  romashka.adoption_fix(text, text, text, text, text),
  romashka.adoption_read(text, text),
  romashka.adoption_prepare(text),
  romashka.adoption_check_references(text),
  romashka.adoption_check_values(text, boolean),
  romashka.adoption_check_empty(text),
  romashka.adoption_check_doubles(text);
