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
