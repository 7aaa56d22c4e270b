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
