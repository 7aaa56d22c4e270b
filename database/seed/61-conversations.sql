-- Purpose: 300 conversations of the last six weeks, told by the scripts, each step by whoever would have taken it and at its own time.
-- Invariants: made only where none of them exists; nothing lies in the future; every figure comes from the triggers, none is written here.
create or replace function pg_temp.demo_actor(kind text, agent uuid default null) returns void language plpgsql as $$
begin
  execute format('set local romashka.actor_kind = %L', case when kind = 'agent' then '' else kind end);
  execute format('set local request.jwt.claims = %L', case when kind = 'agent' then jsonb_build_object('sub', agent, 'role', 'authenticated',
    'app_metadata', jsonb_build_object('workspace_id', romashka.default_workspace_id()))::text else '' end);
end $$;

create temporary table demo_fresh on commit drop as
select not exists (select from public.conversations as c where c.id = any (array(select pg_temp.demo_id(15, n) from generate_series(1, 300) as n)))
   and (select count(*) from demo_people) > 0 and (select count(*) from demo_customers) > 0 as fresh;

do $$
#variable_conflict use_variable
declare
  products constant jsonb := '{"en": ["monstera", "terracotta pot", "ceramic teapot", "self-watering planter", "watering can", "herb seed set", "pair of pruning shears", "peace lily", "plant lamp", "tea tray"],
    "de": ["Monstera", "Terrakottatopf", "Teekanne", "Gießkanne", "Kräutersamen", "Pflanzenlampe"], "ru": ["монстера", "горшок", "чайник", "лейка", "лампа для растений"],
    "es": ["la monstera", "la maceta", "la tetera", "la regadera", "la lámpara"]}';
  conversation uuid;
  script demo_scripts;
  person demo_customers;
  agent demo_people;
  place uuid;
  channel text;
  at timestamptz;
  step integer;
  turn text;
  said text;
  speaker text;
  assigned boolean;
  answered boolean;
  complete boolean;
  order_number text;
  message uuid;
  pace double precision;
  score numeric;
  article uuid;
begin
  if not (select fresh from demo_fresh) then return; end if;
  for n in 1 .. 300 loop
    conversation := pg_temp.demo_id(15, n);
    select s.* into script from demo_scripts as s order by pg_temp.demo_chance('script' || s.n, n) * case s.language when 'en' then 0.75 else 1 end limit 1;
    select c.* into person from demo_customers as c where c.language = script.language order by pg_temp.demo_chance('customer' || c.n, n) * (0.3 + c.n / 120.0) limit 1;
    if person.id is null then continue; end if;
    select p.* into agent from demo_people as p
     order by (p.team = case script.department when 'orders' then 1 when 'returns' then 2 else 3 end) desc, (p.language = script.language) desc, pg_temp.demo_chance('agent' || p.n, n) limit 1;
    channel := (array['website','website','website','website','website','website','website','website','website','email','email','email','email','whatsapp','whatsapp','whatsapp','whatsapp','instagram','messenger','sms'])
      [1 + floor(pg_temp.demo_chance('channel', n) * 20)::integer];
    select c.id into place from public.communication_channels as c where c.id = pg_temp.demo_id(6, array_position(array['website', 'email', 'whatsapp', 'sms', 'instagram', 'messenger'], channel));
    pace := case channel when 'email' then 14 when 'website' then 1 else 2 end;
    order_number := 'RG-' || (40000 + floor(pg_temp.demo_chance('order', n) * 9999))::integer;
    if n <= 276 then
      at := date_trunc('day', now()) - interval '3 days' - floor(pg_temp.demo_chance('day', n) * 39) * interval '1 day';
      if extract(isodow from at) >= 6 and pg_temp.demo_chance('weekend', n) < 0.6 then at := at - interval '2 days'; end if;
      at := at + (6 + 15 * (pg_temp.demo_chance('hour', n) + pg_temp.demo_chance('hours', n)) / 2) * interval '1 hour';
    else
      at := now() - (0.3 + 28 * (300 - n) / 24.0) * interval '1 hour';
    end if;

    perform pg_temp.demo_actor('customer');
    insert into public.conversations (id, customer_id, user_name, user_email, status, priority, channel_type, channel_id, subject, customer_phone, tags, department, language, sentiment, intent,
      ai_confidence, business_context, created_at, last_message_at, queued_at)
    values (conversation, person.id, person.name, person.email, 'active', script.priority, channel, place, replace(replace(script.subject, '{order}', order_number), '{product}', products -> script.language ->> (n % 5)),
      case when channel in ('whatsapp', 'sms') then person.phone end, script.tags, script.department, script.language, script.sentiment, script.intent,
      round((0.55 + 0.44 * pg_temp.demo_chance('confidence', n))::numeric, 2), jsonb_build_object('order', order_number), at, at, at);
    assigned := false;
    answered := false;
    complete := true;
    message := null;
    for step in 1 .. cardinality(script.turns) loop
      turn := script.turns[step];
      speaker := left(turn, 1);
      -- The newest ones still wait for a person.
      if n > 292 and speaker in ('G', 'N', 'T') then complete := false; exit; end if;
      said := replace(replace(replace(replace(replace(replace(substr(turn, 3), '{order}', order_number), '{name}', split_part(person.name, ' ', 1)), '{agent}', split_part(agent.full_name, ' ', 1)),
        '{city}', person.city), '{days}', (2 + n % 3)::text), '{product}', products -> script.language ->> (n % 5));
      if step > 1 then
        at := at + case speaker when 'A' then 3 + 6 * pg_temp.demo_chance('ai' || step, n) when 'E' then 2 when 'N' then 40 when 'T' then 300
          when 'U' then pace * (25 + 200 * pg_temp.demo_chance('user' || step, n))
          else pace * (50 + 900 * pg_temp.demo_chance('agent' || step, n) ^ 2) end * interval '1 second';
      end if;
      if at > now() - interval '20 seconds' then complete := false; exit; end if;
      if speaker = 'U' then
        perform pg_temp.demo_actor('customer');
        insert into public.messages (id, conversation_id, sender_type, content, channel_type, channel_id, delivery_status, language, intent_detected, created_at, updated_at)
        values (pg_temp.demo_id(16, n * 100 + step), conversation, 'user', said, channel, place, 'delivered', script.language, case when step = 1 then script.intent end, at, at);
      elsif speaker = 'A' then
        perform pg_temp.demo_actor('ai');
        answered := true;
        select k.id into article from public.knowledge_items as k where k.id = pg_temp.demo_id(8, script.article);
        insert into public.messages (id, conversation_id, sender_type, content, channel_type, channel_id, delivery_status, language, confidence_score, processing_time_ms, tokens_used, knowledge_sources, created_at, updated_at)
        values (pg_temp.demo_id(16, n * 100 + step), conversation, 'ai', said, channel, place, 'read', script.language, round((0.6 + 0.39 * pg_temp.demo_chance('sure' || step, n))::numeric, 2),
          600 + floor(2400 * pg_temp.demo_chance('took' || step, n))::integer, 180 + floor(500 * pg_temp.demo_chance('tokens' || step, n))::integer,
          case when article is null then '{}' else jsonb_build_object('items', jsonb_build_array(jsonb_build_object('id', article))) end, at, at);
        if article is not null then
          insert into public.knowledge_analytics (id, knowledge_item_id, conversation_id, was_helpful, usage_context, created_at)
          values (pg_temp.demo_id(17, n * 100 + step), article, conversation, case when pg_temp.demo_chance('voted', n) < 0.4 then script.resolved_by = 'ai' or pg_temp.demo_chance('vote', n) < 0.3 end, 'chat', at)
          on conflict do nothing;
        end if;
      elsif speaker = 'E' then
        perform pg_temp.demo_actor('ai');
        update public.conversations as c set status = 'escalated', handoff_reason = said, updated_at = at where c.id = conversation;
      else
        perform pg_temp.demo_actor('agent', agent.id);
        if not assigned then
          assigned := true;
          update public.conversations as c set assigned_agent_id = agent.id, updated_at = at where c.id = conversation;
        end if;
        if speaker = 'G' then
          answered := true;
          insert into public.messages (id, conversation_id, sender_type, sender_id, content, channel_type, channel_id, delivery_status, language, created_at, updated_at)
          values (pg_temp.demo_id(16, n * 100 + step), conversation, 'agent', agent.id, said, channel, place, 'read', script.language, at, at);
        elsif speaker = 'N' then
          insert into public.conversation_notes (id, conversation_id, agent_id, note, note_type, created_at, updated_at)
          values (pg_temp.demo_id(18, n * 100 + step), conversation, agent.id, said, 'general', at, at);
        else
          insert into public.conversation_transfers (id, conversation_id, from_agent_id, to_agent_id, transfer_reason, transfer_type, transfer_time)
          select pg_temp.demo_id(19, n * 100 + step), conversation, agent.id, p.id, said, 'manual', at from demo_people as p where p.id <> agent.id order by p.n limit 1;
          select p.* into agent from demo_people as p join public.conversation_transfers as t on t.to_agent_id = p.id where t.id = pg_temp.demo_id(19, n * 100 + step);
          if found then
            perform pg_temp.demo_actor('agent', agent.id);
            update public.conversations as c set assigned_agent_id = agent.id, updated_at = at where c.id = conversation;
            update public.conversation_transfers as t set accepted_at = at + interval '50 seconds' where t.id = pg_temp.demo_id(19, n * 100 + step);
          end if;
        end if;
      end if;
    end loop;

    if complete and (n <= 276 or n % 3 = 0) then
      at := least(at + case script.resolved_by when 'none' then 3600 * (20 + 8 * pg_temp.demo_chance('end', n)) else pace * (60 + 1500 * pg_temp.demo_chance('end', n)) end * interval '1 second', now() - interval '5 seconds');
      perform pg_temp.demo_actor(case script.resolved_by when 'none' then 'system' else script.resolved_by end, agent.id);
      execute format('set local romashka.resolution_type = %L', case when script.intent = 'spam' then 'spam' else '' end);
      update public.conversations as c set status = case when script.resolved_by = 'none' or n % 7 = 0 then 'closed' else 'resolved' end, resolved_at = at, closed_at = case when script.resolved_by = 'none' or n % 7 = 0 then at end,
        updated_at = at where c.id = conversation;
      if script.resolved_by <> 'none' and pg_temp.demo_chance('rates', n) < 0.45 then
        score := (case when script.sentiment = 'negative' then array[1, 2, 3, 4, 4, 5, 5] else array[3, 4, 4, 5, 5, 5, 5] end)[1 + floor(pg_temp.demo_chance('score', n) * 7)::integer];
        perform pg_temp.demo_actor('customer');
        update public.conversations as c set satisfaction_score = score, rated_at = least(at + interval '20 minutes', now()), updated_at = at,
          satisfaction_comment = case when n % 4 = 0 then case when score >= 4 then (array['Quick and friendly', 'Solved in minutes', 'Lovely people'])[1 + n % 3] else (array['Took too long', 'I had to ask twice'])[1 + n % 2] end end
         where c.id = conversation;
      end if;
    elsif n in (285, 286) then
      perform pg_temp.demo_actor('agent', agent.id);
      update public.conversations as c set snoozed_until = now() + (n - 284) * interval '1 day', updated_at = at where c.id = conversation;
    end if;
  end loop;
  perform pg_temp.demo_actor('system');
  set local romashka.resolution_type = '';
end $$;
