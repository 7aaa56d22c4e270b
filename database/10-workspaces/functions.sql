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
