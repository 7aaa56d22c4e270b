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
