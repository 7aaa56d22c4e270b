-- Purpose: the assistant's turns: when it is its turn, with what it goes, and what comes of it.
-- Invariants: the turn is in the queue by the commit of the customer's message; what it says, its record and the end of the turn are one
-- commit; it says nothing once a person is in the conversation, it was handed over, or the customer has written again meanwhile.
-- Lock risk: the conversation's row first, then the queue's, as a message that comes in has it.

create or replace function romashka.ask_assistant(workspace uuid, channel uuid, conversation uuid, message uuid, said_at timestamptz) returns void language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  -- What is old was answered elsewhere: an import, or a provider that was away for long.
  if said_at < at - interval '1 day' or coalesce(pg_catalog.current_setting('romashka.auto_assign', true), '') = 'off' then return; end if;
  insert into romashka.assistant_turns as t (workspace_id, conversation_id, message_id, next_attempt_at)
  select a.workspace_id, c.id, ask_assistant.message, at
    from public.channel_assistants as a
    join public.conversations as c on c.id = ask_assistant.conversation and c.workspace_id = a.workspace_id and c.status = 'active'
   where a.channel_id = ask_assistant.channel and a.workspace_id = ask_assistant.workspace and a.is_enabled
     and ('x' || substr(md5(c.id::text), 1, 7))::bit(28)::integer < a.traffic_share * 268435456
     and (a.hours = 'always' or romashka.is_open(a.workspace_id, at) = (a.hours = 'business_hours'))
     and not exists (select from public.conversation_analytics as f where f.conversation_id = c.id and f.workspace_id = c.workspace_id and f.agent_messages > 0)
  on conflict (conversation_id, workspace_id) do update
    set message_id = excluded.message_id, status = 'pending', lease_id = null, locked_by = null, attempt_count = 0, error_message = null, next_attempt_at = excluded.next_attempt_at;
end $$;
comment on function romashka.ask_assistant(uuid, uuid, uuid, uuid, timestamptz) is
  'Puts a conversation into the assistant''s queue, where it answers on the channel and no person is in it. For verbs that take in a customer''s message.';

create or replace function romashka.assistant_view(conversation uuid, workspace uuid, newest uuid default null)
returns table (question text, message_id uuid, previous_question text, previous_verdict text, language text, intent text, audience text, answers_given integer)
language plpgsql stable set search_path = '' as $$
declare
  talk public.conversations;
  said_at timestamptz;
begin
  select * into talk from public.conversations as c where c.id = assistant_view.conversation and c.workspace_id = assistant_view.workspace;
  select m.created_at into said_at from public.messages as m
   where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id
     -- A thank-you to which nothing was said is done with as well; to say that a person comes is no answer.
     and case when m.sender_type = 'user'
         then exists (select from public.ai_answers as a where a.message_id = m.id and a.workspace_id = m.workspace_id and a.mode = 'automatic' and a.verdict = 'silent')
         else m.sender_type = 'agent' or not exists (select from public.ai_answers as a
           where a.answer_message_id = m.id and a.workspace_id = m.workspace_id and a.verdict = 'handed_off') end
   order by m.created_at desc, m.id desc limit 1;
  -- What he wrote since he was last answered; of very much, the newest. A message that came late has an earlier time than the answer before it.
  select string_agg(recent.content, E'\n' order by recent.created_at, recent.id), (array_agg(recent.id order by recent.created_at desc, recent.id desc))[1] into question, message_id
    from (select m.id, m.created_at, left(m.content, 4000) as content from public.messages as m
           where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and m.sender_type = 'user' and m.message_type = 'text' and not m.is_quiet
             and (said_at is null or m.created_at > said_at or m.id = newest)
           order by m.created_at desc, m.id desc limit 10) as recent;
  select a.verdict into previous_verdict from public.ai_answers as a
   where a.conversation_id = talk.id and a.workspace_id = talk.workspace_id and a.mode = 'automatic' order by a.created_at desc, a.id desc limit 1;
  select coalesce(a.rewritten_question, a.question) into previous_question from public.ai_answers as a
   where a.conversation_id = talk.id and a.workspace_id = talk.workspace_id and a.mode = 'automatic' and a.verdict in ('answered', 'suggested')
   order by a.created_at desc, a.id desc limit 1;
  select count(*) into answers_given from public.ai_answers as a
   where a.conversation_id = talk.id and a.workspace_id = talk.workspace_id and a.mode = 'automatic' and a.answer_message_id is not null;
  language := coalesce(talk.language, 'en');
  audience := case when talk.channel_type = 'website' and exists (select from public.customer_identities as i
      where i.customer_id = talk.customer_id and i.workspace_id = talk.workspace_id and i.channel_type = 'website'
        and i.external_id = talk.external_conversation_id and i.is_verified) then 'signed_in' else 'public' end;
  select p.intent_name into intent from public.intent_patterns as p cross join unnest(p.patterns) as u (pattern)
   where p.workspace_id = talk.workspace_id and p.is_active and p.language in (talk.language, split_part(talk.language, '-', 1))
     and strpos(lower(question), lower(u.pattern)) > 0
   order by length(u.pattern) desc, p.intent_name limit 1;
  return next;
end $$;
comment on function romashka.assistant_view(uuid, uuid, uuid) is 'What the assistant goes by in a conversation: the question, what came before, and for whom the answer is.';

create or replace function romashka.claim_turns(batch_size integer, worker text, lease interval default '1 minute')
returns table (conversation_id uuid, workspace_id uuid, lease_id uuid, message_id uuid, question text, previous_question text, previous_verdict text, language text, intent text,
  audience text, answers_given integer, answer_limit integer, forbidden_topics text[], texts jsonb, is_open boolean)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  at_once constant integer := 6;
  lost record;
begin
  -- Whoever had it for the fifth time is gone, as most likely all before him: a person takes over.
  for lost in
    select t.conversation_id, t.workspace_id, t.lease_id from romashka.assistant_turns as t
     where t.status = 'answering' and t.next_attempt_at <= at and t.attempt_count >= 5 order by t.next_attempt_at limit 10
  loop
    perform romashka.give_turn_up(lost.conversation_id, lost.workspace_id, lost.lease_id, 'the worker did not come back');
  end loop;
  -- No workspace has more than a few of them at work, so that one whose language model is slow keeps no other waiting.
  with recursive places as (
    (select t.workspace_id from romashka.assistant_turns as t order by t.workspace_id limit 1)
    union all
    select (select t.workspace_id from romashka.assistant_turns as t where t.workspace_id > p.workspace_id order by t.workspace_id limit 1) from places as p
     where p.workspace_id is not null
  ), due as materialized (
    select d.conversation_id, d.workspace_id from places as p
      join public.workspaces as w on w.id = p.workspace_id and w.status = 'active'
      cross join lateral (
        select t.conversation_id, t.workspace_id, t.next_attempt_at from romashka.assistant_turns as t
         where t.workspace_id = p.workspace_id and t.next_attempt_at <= at and t.attempt_count < 5
         order by t.next_attempt_at
         limit greatest(0, at_once - (select count(*) from romashka.assistant_turns as o
            where o.workspace_id = p.workspace_id and o.status = 'answering' and o.next_attempt_at > at))) as d
     order by d.next_attempt_at limit greatest(1, least(batch_size, 100))
  ), chosen as materialized (
    select t.conversation_id, t.workspace_id from due as d
      join romashka.assistant_turns as t on t.conversation_id = d.conversation_id and t.workspace_id = d.workspace_id and t.next_attempt_at <= at and t.attempt_count < 5
       for no key update of t skip locked)
  update romashka.assistant_turns as t set status = 'answering', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = t.attempt_count + 1
    from chosen as h where t.conversation_id = h.conversation_id and t.workspace_id = h.workspace_id;
  -- A statement of its own: it sees every message whose turn was taken.
  return query
    select t.conversation_id, t.workspace_id, t.lease_id, coalesce(v.message_id, t.message_id), coalesce(v.question, ''), v.previous_question, v.previous_verdict, v.language, v.intent,
           v.audience, v.answers_given, a.answer_limit, a.forbidden_topics, a.texts,
           romashka.is_open(t.workspace_id, at)
      from romashka.assistant_turns as t
      join public.conversations as c on c.id = t.conversation_id and c.workspace_id = t.workspace_id
      join public.channel_assistants as a on a.channel_id = c.channel_id and a.workspace_id = c.workspace_id and a.is_enabled
      cross join lateral romashka.assistant_view(t.conversation_id, t.workspace_id, t.message_id) as v
     where t.lease_id = token;
end $$;
comment on function romashka.claim_turns(integer, text, interval) is 'Takes up to batch_size conversations in which it is the assistant''s turn, with all it goes by; of one workspace never more than six at once.';

create or replace function romashka.keep_answer(workspace uuid, conversation uuid, message uuid, mode text, verdict text, said uuid, decision jsonb) returns uuid
language plpgsql set search_path = '' as $$
declare
  made uuid;
  made_at timestamptz;
begin
  insert into public.ai_answers (workspace_id, conversation_id, message_id, mode, question, rewritten_question, language, intent, audience, verdict, handoff_reason, probability,
    passages, answer, citations, answer_message_id, model, method, configuration, durations, tokens_used, generation, asked_by)
  values (workspace, conversation, message, keep_answer.mode, decision ->> 'question', decision ->> 'rewritten_question', decision ->> 'language', decision ->> 'intent', decision ->> 'audience',
    keep_answer.verdict, case when keep_answer.verdict = 'handed_off' then decision ->> 'handoff_reason' end, round((decision ->> 'probability')::numeric, 4),
    coalesce(decision -> 'passages', '[]'), decision ->> 'answer', coalesce(decision -> 'citations', '[]'), said, decision ->> 'model', decision ->> 'method',
    coalesce(decision -> 'configuration', '{}'), coalesce(decision -> 'durations', '{}'), coalesce((decision ->> 'tokens_used')::integer, 0),
    nullif(decision -> 'generation', 'null'), (decision ->> 'asked_by')::uuid)
  returning id, created_at into made, made_at;
  -- Of the same moment: by it, what is thought of the answer finds the uses of its articles.
  insert into public.knowledge_analytics (workspace_id, knowledge_item_id, conversation_id, created_at, usage_context)
  select workspace, i.id, conversation, made_at, case when keep_answer.verdict = 'answered' and keep_answer.mode = 'automatic' then 'chat' else 'suggestion' end
    from (select distinct (used ->> 'article_id')::uuid as id from jsonb_array_elements(coalesce(decision -> 'citations', '[]')) as used) as cited
    join public.knowledge_items as i on i.id = cited.id and i.workspace_id = keep_answer.workspace
   where keep_answer.verdict in ('answered', 'suggested')
   order by i.id;
  return made;
end $$;
comment on function romashka.keep_answer(uuid, uuid, uuid, text, text, uuid, jsonb) is 'Records what the assistant decided, and which articles it used. For verbs that have checked the workspace.';

create or replace function romashka.finish_turn(conversation uuid, workspace uuid, lease uuid, message uuid, decision jsonb) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  talk public.conversations;
  verdict text := decision ->> 'verdict';
  reply text := nullif(decision ->> 'reply', '');
  place record;
  at constant timestamptz := pg_catalog.now();
  said uuid;
  sources jsonb;
begin
  select * into talk from public.conversations as c where c.id = finish_turn.conversation and c.workspace_id = finish_turn.workspace for no key update;
  if not found then return null; end if;
  delete from romashka.assistant_turns as t
   where t.conversation_id = talk.id and t.workspace_id = talk.workspace_id and t.lease_id = finish_turn.lease and t.status = 'answering';
  if not found then return null; end if;
  -- A newer message that is gone again leaves one that was answered.
  if exists (select from public.ai_answers as a where a.message_id = finish_turn.message and a.workspace_id = talk.workspace_id and a.mode = 'automatic') then return null; end if;
  if talk.status <> 'active' or talk.merged_into_id is not null or exists (select from public.conversation_analytics as f
      where f.conversation_id = talk.id and f.workspace_id = talk.workspace_id and f.agent_messages > 0) then
    verdict := 'overtaken';
  end if;
  set local romashka.actor_kind = 'ai';
  select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'title', i.title, 'url', i.source_url, 'version', cited.version) order by cited.place), '[]') into sources
    from (select (c.value ->> 'article_id')::uuid as id, (c.value ->> 'version')::integer as version, min(c.ordinality) as place
            from jsonb_array_elements(coalesce(decision -> 'citations', '[]')) with ordinality as c group by 1, 2) as cited
    join public.knowledge_items as i on i.id = cited.id and i.workspace_id = finish_turn.workspace;
  if verdict <> 'overtaken' and reply is not null then
    place := romashka.place_answer(talk, null, null, 'text');
    talk.channel_type := place.channel_type;
    talk.channel_id := place.channel_id;
    if place.refusal is not null then
      -- He wrote, and is not to be written to: what follows is for people to decide.
      verdict := 'handed_off';
      reply := null;
      decision := decision || jsonb_build_object('handoff_reason', 'policy', 'answer', null, 'citations', '[]'::jsonb,
        'note', 'The assistant did not answer. ' || place.refusal || E'\n\nAsked: ' || left(decision ->> 'question', 1000));
    elsif verdict = 'answered' and talk.channel_type <> 'website' then
      reply := reply || coalesce(E'\n\n' || (select string_agg('— ' || s.title || coalesce(': ' || s.url, ''), E'\n') from jsonb_to_recordset(sources) as s (title text, url text)), '');
    end if;
  end if;
  if verdict <> 'overtaken' and reply is not null then
    if place.is_elsewhere then perform romashka.expect_answer(workspace, talk.id, talk.customer_id, talk.channel_type, talk.channel_id); end if;
    said := romashka.store_answer(workspace, talk, null, reply, 'ai', 'text', coalesce(decision -> 'metadata', '{}'), round((decision ->> 'probability')::numeric, 4),
      sources, 'assistant:' || message);
    update public.messages as m set processing_time_ms = (decision #>> '{durations,total}')::integer, intent_detected = decision ->> 'intent', tokens_used = coalesce((decision ->> 'tokens_used')::integer, 0)
     where m.id = said and m.workspace_id = finish_turn.workspace;
  end if;
  perform romashka.keep_answer(workspace, talk.id, message, 'automatic', verdict, said, decision);
  if verdict = 'overtaken' then return verdict; end if;
  insert into public.conversation_context as x (workspace_id, conversation_id, last_intent, conversation_summary)
  values (workspace, talk.id, decision ->> 'intent', decision ->> 'summary')
  on conflict (conversation_id, workspace_id) do update
    set last_intent = coalesce(excluded.last_intent, x.last_intent), conversation_summary = coalesce(excluded.conversation_summary, x.conversation_summary), updated_at = at;
  update public.conversations as c
     set intent = coalesce(decision ->> 'intent', c.intent), ai_confidence = coalesce(round((decision ->> 'probability')::numeric, 4), c.ai_confidence),
         status = case when verdict = 'handed_off' then 'escalated' else c.status end,
         handoff_reason = case when verdict = 'handed_off' then decision ->> 'handoff_reason' else c.handoff_reason end,
         sentiment = case when verdict = 'handed_off' and decision ->> 'handoff_reason' = 'sentiment' then 'negative' else c.sentiment end,
         assigned_agent_id = case when verdict = 'handed_off' and c.assigned_agent_id is null then romashka.pick_agent(c.workspace_id, c.team_id, c.department) else c.assigned_agent_id end,
         updated_at = at
   where c.id = talk.id and c.workspace_id = talk.workspace_id
     and (verdict = 'handed_off' or c.intent is distinct from coalesce(decision ->> 'intent', c.intent) or decision ->> 'probability' is not null);
  if verdict = 'handed_off' and decision ->> 'note' is not null then
    insert into public.conversation_notes (workspace_id, conversation_id, note, note_type) values (workspace, talk.id, decision ->> 'note', 'escalation');
  end if;
  return verdict;
end $$;
comment on function romashka.finish_turn(uuid, uuid, uuid, uuid, jsonb) is
  'Says what the assistant decided, records why, and ends its turn. Returns the verdict, "overtaken" where a person is in the conversation by now, null when the lease is lost, as by a newer message.';

create or replace function romashka.give_turn_up(conversation uuid, workspace uuid, lease uuid, message text) returns text language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.now();
  seen record;
  newest uuid;
begin
  select t.message_id into newest from romashka.assistant_turns as t
   where t.conversation_id = give_turn_up.conversation and t.workspace_id = give_turn_up.workspace and t.lease_id = give_turn_up.lease;
  if not found then return null; end if;
  begin
    select * into seen from romashka.assistant_view(conversation, workspace, newest) as v;
    return romashka.finish_turn(conversation, workspace, lease, newest, jsonb_build_object('verdict', 'handed_off', 'handoff_reason', 'tool_failed',
      'question', coalesce(seen.question, ''), 'language', seen.language, 'intent', seen.intent, 'audience', seen.audience, 'method', 'none',
      'note', 'The assistant could not answer: ' || left(message, 2000)));
  exception when others then
    -- What cannot even be recorded must not keep the customer waiting.
    update public.conversations as c set status = 'escalated', handoff_reason = 'tool_failed', updated_at = at
     where c.id = give_turn_up.conversation and c.workspace_id = give_turn_up.workspace and c.status = 'active';
    delete from romashka.assistant_turns as t
     where t.conversation_id = give_turn_up.conversation and t.workspace_id = give_turn_up.workspace and t.lease_id = give_turn_up.lease;
    return 'handed_off';
  end;
end $$;
comment on function romashka.give_turn_up(uuid, uuid, uuid, text) is 'Ends a turn that cannot be finished: a person takes over.';

create or replace function romashka.fail_turn(conversation uuid, workspace uuid, lease uuid, message text) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
begin
  if exists (select from romashka.assistant_turns as t where t.conversation_id = fail_turn.conversation and t.workspace_id = fail_turn.workspace
      and t.lease_id = fail_turn.lease and t.attempt_count >= 5) then
    return romashka.give_turn_up(conversation, workspace, lease, message);
  end if;
  update romashka.assistant_turns as t
     set status = 'pending', lease_id = null, locked_by = null, error_message = left(fail_turn.message, 2000), next_attempt_at = at + romashka.backoff(t.attempt_count, '1 second', '1 minute', luck)
   where t.conversation_id = fail_turn.conversation and t.workspace_id = fail_turn.workspace and t.lease_id = fail_turn.lease and t.status = 'answering';
  return case when found then 'pending' end;
end $$;
comment on function romashka.fail_turn(uuid, uuid, uuid, text) is
  'Gives a turn back that could not be finished, to be tried again; after five attempts a person takes over. Null when the lease is lost.';

create or replace function public.assistant_view(conversation uuid, workspace uuid default public.current_workspace_id())
returns table (question text, message_id uuid, previous_question text, language text, intent text, audience text)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: reads across a conversation's tables; the workspace is checked first.
begin
  perform romashka.require_role(workspace, 'agent');
  if not exists (select from public.conversations as c where c.id = assistant_view.conversation and c.workspace_id = assistant_view.workspace) then
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
  return query select v.question, v.message_id, v.previous_question, v.language, v.intent, v.audience
    from romashka.assistant_view(assistant_view.conversation, assistant_view.workspace) as v;
end $$;
comment on function public.assistant_view(uuid, uuid) is 'What the customer asked since he was last answered, with what came before: from it an answer is suggested.';

create or replace function romashka.keep_suggestion(conversation uuid, message uuid, decision jsonb, member uuid, workspace uuid) returns uuid
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, for a member whose rights it has looked at.
begin
  -- What is being erased is not written down again.
  perform from public.conversations as c where c.id = keep_suggestion.conversation and c.workspace_id = keep_suggestion.workspace for key share;
  if not exists (select from public.messages as m where m.id = keep_suggestion.message and m.workspace_id = keep_suggestion.workspace and m.conversation_id = keep_suggestion.conversation)
     or exists (select from public.conversations as c join public.customer_profiles as p on p.id = c.customer_id and p.workspace_id = c.workspace_id
         where c.id = keep_suggestion.conversation and c.workspace_id = keep_suggestion.workspace and p.erased_at is not null) then
    raise exception 'no such message' using errcode = 'RM404';
  end if;
  return romashka.keep_answer(workspace, conversation, message, 'suggestion', decision ->> 'verdict', null,
    decision || jsonb_build_object('asked_by', (select p.id from public.profiles as p where p.id = member)));
end $$;
comment on function romashka.keep_suggestion(uuid, uuid, jsonb, uuid, uuid) is 'Records what was suggested to a member; nothing is sent.';

create or replace function romashka.end_turns() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
begin
  delete from romashka.assistant_turns as t using public.conversations as c
   where c.id = t.conversation_id and c.workspace_id = t.workspace_id and t.workspace_id = old.workspace_id and c.channel_id = old.channel_id;
  return null;
end $$;
comment on function romashka.end_turns() is 'Trigger: where the assistant is switched off, it does not begin to speak any more.';
create or replace trigger channel_assistants_50_end_turns after delete on public.channel_assistants for each row execute function romashka.end_turns();
create or replace trigger channel_assistants_50_end_turns_off after update of is_enabled on public.channel_assistants for each row
  when (old.is_enabled and not new.is_enabled) execute function romashka.end_turns();

create or replace function public.rate_answer(rated uuid, was_helpful boolean, feedback text default null, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: of an answer only what people think of it can be written; the workspace is checked first.
declare
  at constant timestamptz := pg_catalog.now();
  found_answer public.ai_answers;
begin
  perform romashka.require_role(workspace, 'agent');
  if rate_answer.was_helpful is null then raise exception 'helpful or not' using errcode = 'RM400'; end if;
  if length(feedback) > 2000 then raise exception 'at most 2000 characters' using errcode = 'RM400'; end if;
  select * into found_answer from public.ai_answers as a where a.id = rated and a.workspace_id = rate_answer.workspace for update;
  if not found then raise exception 'no such answer' using errcode = 'RM404'; end if;
  update public.ai_answers as a set was_helpful = rate_answer.was_helpful, feedback_text = feedback, feedback_at = at,
         feedback_by = (select p.id from public.profiles as p where p.id = romashka.current_user_id())
   where a.id = rated and a.workspace_id = rate_answer.workspace;
  -- A vote counts for each article the answer was taken from, and one that is changed does not count twice.
  if found_answer.was_helpful is distinct from rate_answer.was_helpful then
    update public.knowledge_analytics as k set was_helpful = rate_answer.was_helpful
     where k.conversation_id = found_answer.conversation_id and k.workspace_id = rate_answer.workspace and k.created_at = found_answer.created_at;
  end if;
end $$;
comment on function public.rate_answer(uuid, boolean, text, uuid) is 'Says whether an answer of the assistant helped; the articles it was taken from are judged with it.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.claim_turns(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.finish_turn(uuid, uuid, uuid, uuid, jsonb)', 'service_role');
  perform romashka.grant_function('romashka.fail_turn(uuid, uuid, uuid, text)', 'service_role');
  perform romashka.grant_members('public.assistant_view(uuid, uuid)');
  perform romashka.grant_function('romashka.keep_suggestion(uuid, uuid, jsonb, uuid, uuid)', 'service_role');
  perform romashka.grant_members('public.rate_answer(uuid, boolean, text, uuid)');
end $$;
