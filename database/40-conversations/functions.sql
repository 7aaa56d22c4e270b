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
