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
