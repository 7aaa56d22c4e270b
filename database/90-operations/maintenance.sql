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
