-- Purpose: routing: the rule a conversation is under when it begins, and what follows from it.
-- Invariants: one rule at most, the first in the order of priority whose every condition holds; a condition that nobody knows never holds; what a writer said
-- himself (team, agent, service level, another priority than the usual) stands; a test runs the same functions as a conversation and changes nothing.
-- Lock risk: the agent a rule names beside a team, as pick_agent locks.

create or replace function romashka.values_of(wanted jsonb) returns text[] language sql immutable parallel safe
return case jsonb_typeof(wanted) when 'array' then array(select lower(e) from jsonb_array_elements_text(wanted) as e) else array[lower(wanted #>> '{}')] end;
comment on function romashka.values_of(jsonb) is 'A value or a list of values, as texts in lower case.';

create or replace function romashka.check_conditions(conditions jsonb) returns void language plpgsql immutable set search_path = '' as $$
declare
  field text;
  wanted jsonb;
  kind text;
  fault text;
begin
  for field, wanted in select c.key, c.value from jsonb_each(conditions) as c loop
    kind := jsonb_typeof(wanted);
    fault := case
      when field in ('channel_type', 'channel_id', 'language', 'keywords', 'customer_tags', 'customer_status', 'email_domain') then
        case when kind = 'string' and length(wanted #>> '{}') between 1 and 250 then null
             when kind = 'array' and jsonb_array_length(wanted) between 1 and 200 and romashka.is_text_list(wanted, '^.{1,250}$') then null
             else 'is a text of 1 to 250 characters, or a list of 1 to 200 of them' end
      when field = 'business_hours' then case when kind = 'string' and wanted #>> '{}' in ('open', 'closed') then null else 'is open or closed' end
      when field = 'is_new_customer' then case when kind = 'boolean' then null else 'is true or false' end
      when field in ('customer_attributes', 'attributes') then case when kind = 'object' then null else 'is an object of values by key' end
      else 'is no field that rules know' end;
    if fault is not null then
      raise exception 'the condition % %', quote_ident(left(field, 100)), fault using errcode = 'RM422',
        hint = 'Fields: channel_type, channel_id, language, business_hours, keywords, customer_tags, customer_status, customer_attributes, is_new_customer, email_domain, attributes.';
    end if;
  end loop;
end $$;
comment on function romashka.check_conditions(jsonb) is 'Refuses (RM422) conditions that rules do not know, so that a slip of the pen is seen when it is made.';

create or replace function romashka.guard_routing_rule() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: looks at memberships.
begin
  -- A list in place of the object is the CHECK's to refuse.
  if jsonb_typeof(new.conditions) = 'object' and (tg_op = 'INSERT' or new.conditions is distinct from old.conditions) then
    perform romashka.check_conditions(new.conditions);
  end if;
  if new.agent_id is not null and (tg_op = 'INSERT' or new.agent_id is distinct from old.agent_id) then
    perform romashka.ensure_member(new.workspace_id, new.agent_id);
  end if;
  return new;
end $$;
comment on function romashka.guard_routing_rule() is 'Trigger: a rule''s conditions are known, and its agent is a member.';
create or replace trigger channel_routing_rules_20_guard before insert or update of conditions, agent_id on public.channel_routing_rules
  for each row execute function romashka.guard_routing_rule();

create or replace function romashka.condition_holds(field text, wanted jsonb, facts jsonb) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
declare
  known constant text := lower(facts ->> field);
begin
  return case field
    when 'channel_type' then known = any (romashka.values_of(wanted))
    when 'channel_id' then known = any (romashka.values_of(wanted))
    when 'customer_status' then known = any (romashka.values_of(wanted))
    when 'business_hours' then known = any (romashka.values_of(wanted))
    when 'language' then exists (select from unnest(romashka.values_of(wanted)) as l where known = l or starts_with(known, l || '-'))
    when 'email_domain' then exists (select from unnest(romashka.values_of(wanted)) as d where known = d or right(known, length(d) + 1) = '.' || d)
    when 'is_new_customer' then facts -> field = wanted
    when 'customer_tags' then romashka.values_of(facts -> field) && romashka.values_of(wanted)
    when 'customer_attributes' then facts -> field @> wanted
    when 'attributes' then facts -> field @> wanted
    -- As words, not as parts of words.
    when 'keywords' then case when facts ->> 'text' is not null then exists (select from unnest(romashka.values_of(wanted)) as k
      where lower(facts ->> 'text') ~ ('(^|[^[:alnum:]_])' || regexp_replace(k, '([][\\.^$*+?(){}|/-])', '\\\1', 'g') || '($|[^[:alnum:]_])')) end
    end;
end $$;
comment on function romashka.condition_holds(text, jsonb, jsonb) is 'Whether one condition of a rule holds; null where the fact is not known (yet) or the field is none.';

create or replace function romashka.rule_applies(conditions jsonb, facts jsonb) returns boolean language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return not exists (select from jsonb_each(conditions) as c where romashka.condition_holds(c.key, c.value, facts) is not true);
end $$;
comment on function romashka.rule_applies(jsonb, jsonb) is 'Whether every condition of a rule holds. A rule without conditions always applies.';

create or replace function romashka.matching_rule(workspace uuid, facts jsonb) returns public.channel_routing_rules language plpgsql stable set search_path = '' as $$
declare
  chosen public.channel_routing_rules;
begin
  select r.* into chosen from public.channel_routing_rules as r
   where r.workspace_id = workspace and r.is_active and romashka.rule_applies(r.conditions, facts)
   order by r.priority desc, r.id desc limit 1;
  return chosen;
end $$;
comment on function romashka.matching_rule(uuid, jsonb) is 'The first rule that applies, nulls where none does.';

create or replace function romashka.routing_facts(talk public.conversations, words text, at timestamptz) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  customer record;
begin
  select p.tags, p.status, p.custom_fields, p.email, p.total_conversations into customer from public.customer_profiles as p
   where p.id = talk.customer_id and p.workspace_id = talk.workspace_id;
  return jsonb_build_object(
    'channel_type', talk.channel_type, 'channel_id', talk.channel_id, 'language', talk.language,
    'business_hours', case when romashka.is_open(talk.workspace_id, at) then 'open' else 'closed' end,
    'text', case when words is not null then concat_ws(E'\n', talk.subject, words) end,
    'customer_tags', to_jsonb(coalesce(customer.tags, '{}')), 'customer_status', customer.status,
    'customer_attributes', coalesce(customer.custom_fields, '{}'), 'attributes', coalesce(talk.custom_attributes, '{}'),
    'is_new_customer', coalesce(customer.total_conversations, 0) = 0,
    'email_domain', lower(split_part(coalesce(customer.email, talk.user_email), '@', 2)));
end $$;
comment on function romashka.routing_facts(public.conversations, text, timestamptz) is 'What rules may ask of a conversation, its customer, the hour and the first words.';

create or replace function romashka.agent_of_rule(rule public.channel_routing_rules, leaving uuid default null) returns uuid language plpgsql set search_path = '' as $$
begin
  if rule.agent_id is null or not exists (select from public.workspace_members as m
       where m.user_id = rule.agent_id and m.workspace_id = rule.workspace_id and m.status = 'active') then return null; end if;
  if rule.team_id is null then return rule.agent_id; end if;
  return romashka.pick_agent(rule.workspace_id, rule.team_id, null, leaving, named => rule.agent_id);
end $$;
comment on function romashka.agent_of_rule(public.channel_routing_rules, uuid) is
  'The agent a rule names: always where it names no team; beside a team, while he is free, for otherwise the team has it. Null for one who left.';

create or replace function romashka.follow_rule(talk public.conversations, rule public.channel_routing_rules) returns public.conversations
language plpgsql set search_path = '' as $$
begin
  talk.routing_rule_id := rule.id;
  talk.reply_channel_type := coalesce(talk.reply_channel_type, rule.target_channel_type);
  talk.fallback_channel_type := coalesce(talk.fallback_channel_type, rule.fallback_channel_type);
  talk.team_id := coalesce(talk.team_id, rule.team_id);
  if talk.priority = 'normal' then talk.priority := coalesce(rule.set_priority, talk.priority); end if;
  talk.tags := talk.tags || array(select t from unnest(rule.add_tags) with ordinality as t (t, n) where t <> all (talk.tags) group by t order by min(n));
  talk.sla_policy_id := coalesce(talk.sla_policy_id, rule.sla_policy_id);
  return talk;
end $$;
comment on function romashka.follow_rule(public.conversations, public.channel_routing_rules) is 'A conversation as a rule makes it, but for its agent. What the conversation has already stands.';

create or replace function romashka.leave_rule(talk public.conversations) returns public.conversations language plpgsql stable set search_path = '' as $$
declare
  rule public.channel_routing_rules;
begin
  select * into rule from public.channel_routing_rules as r where r.id = talk.routing_rule_id and r.workspace_id = talk.workspace_id;
  if not found then return talk; end if;
  if talk.reply_channel_type = rule.target_channel_type then talk.reply_channel_type := null; end if;
  if talk.fallback_channel_type = rule.fallback_channel_type then talk.fallback_channel_type := null; end if;
  if talk.team_id = rule.team_id then talk.team_id := null; end if;
  if talk.priority = rule.set_priority then talk.priority := 'normal'; end if;
  if talk.sla_policy_id = rule.sla_policy_id then talk.sla_policy_id := null; end if;
  talk.tags := array(select t.tag from unnest(talk.tags) with ordinality as t (tag, place) where t.tag <> all (rule.add_tags) order by t.place);
  return talk;
end $$;
comment on function romashka.leave_rule(public.conversations) is 'A conversation without what the rule gave it that it is under, so that another rule''s word counts.';

create or replace function romashka.route_conversation(talk public.conversations) returns public.conversations language plpgsql set search_path = '' as $$
declare
  rule constant public.channel_routing_rules := romashka.matching_rule(talk.workspace_id,
    romashka.routing_facts(talk, talk.last_message, pg_catalog.now()));
  routed public.conversations := talk;
begin
  if rule.id is null then return talk; end if;
  routed := romashka.follow_rule(talk, rule);
  -- Whoever names an agent, or another team than the rule, has chosen.
  if routed.assigned_agent_id is null and (rule.team_id is null or routed.team_id = rule.team_id) and (talk.team_id is null or rule.team_id is not null) then
    routed.assigned_agent_id := romashka.agent_of_rule(rule);
  end if;
  return routed;
end $$;
comment on function romashka.route_conversation(public.conversations) is 'A new conversation as the first rule that applies makes it; its first words are where the preview is. Called where the workspace has rules.';

create or replace function romashka.route_by_first_message(workspace uuid, conversation uuid, words text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called by the trigger of messages.
declare
  talk public.conversations;
  routed public.conversations;
  rule public.channel_routing_rules;
begin
  select * into talk from public.conversations as c where c.id = conversation and c.workspace_id = workspace;
  rule := romashka.matching_rule(workspace, romashka.routing_facts(talk, left(words, 10000), pg_catalog.now()) || jsonb_build_object('is_new_customer',
    coalesce((select p.total_conversations = 1 from public.customer_profiles as p where p.id = talk.customer_id and p.workspace_id = workspace), true)));
  if rule.id is null or rule.id is not distinct from talk.routing_rule_id or not rule.conditions ? 'keywords' then return; end if;
  routed := romashka.follow_rule(romashka.leave_rule(talk), rule);
  if rule.agent_id is not null and (talk.team_id is null or talk.team_id = rule.team_id) then
    routed.assigned_agent_id := coalesce(romashka.agent_of_rule(rule, talk.assigned_agent_id), routed.assigned_agent_id);
  end if;
  if routed.assigned_agent_id is not distinct from talk.assigned_agent_id and routed.team_id is distinct from talk.team_id and not exists (
       select from public.team_members as t where t.team_id = routed.team_id and t.workspace_id = workspace and t.user_id = talk.assigned_agent_id) then
    routed.assigned_agent_id := romashka.pick_agent(workspace, routed.team_id, talk.department, talk.assigned_agent_id);
  end if;
  update public.conversations as c set routing_rule_id = routed.routing_rule_id, reply_channel_type = routed.reply_channel_type, fallback_channel_type = routed.fallback_channel_type,
    team_id = routed.team_id, priority = routed.priority, tags = routed.tags, sla_policy_id = routed.sla_policy_id, assigned_agent_id = routed.assigned_agent_id, updated_at = pg_catalog.now()
   where c.id = conversation and c.workspace_id = workspace;
end $$;
comment on function romashka.route_by_first_message(uuid, uuid, text) is
  'Routes a conversation that was made without its first message, now that a rule can ask for words in it. Called where a rule does.';

create or replace function romashka.routing_payload(talk public.conversations) returns jsonb language plpgsql stable set search_path = '' as $$
begin
  return jsonb_strip_nulls(jsonb_build_object('rule_id', talk.routing_rule_id,
    'rule', (select r.name from public.channel_routing_rules as r where r.id = talk.routing_rule_id and r.workspace_id = talk.workspace_id),
    'team_id', talk.team_id, 'assigned_agent_id', talk.assigned_agent_id, 'priority', talk.priority, 'tags', talk.tags, 'sla_policy_id', talk.sla_policy_id,
    'reply_channel_type', talk.reply_channel_type, 'fallback_channel_type', talk.fallback_channel_type));
end $$;
comment on function romashka.routing_payload(public.conversations) is 'What the ledger keeps of a routing: the rule, its name then, and how the conversation stood after it.';

create or replace function public.test_routing(message jsonb, workspace uuid default public.current_workspace_id()) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the facts are read as the trigger reads them; the workspace is checked first.
declare
  talk public.conversations;
  facts jsonb;
  chosen public.channel_routing_rules;
begin
  perform romashka.require_role(workspace, 'viewer');
  talk.workspace_id := workspace;
  talk.channel_type := coalesce(message ->> 'channel_type', 'website');
  talk.channel_id := (message ->> 'channel_id')::uuid;
  talk.customer_id := (message ->> 'customer_id')::uuid;
  if talk.customer_id is not null and not exists (select from public.customer_profiles as p where p.id = talk.customer_id and p.workspace_id = workspace) then
    raise exception 'no such customer' using errcode = 'RM404';
  end if;
  talk.language := coalesce(message ->> 'language', 'en');
  talk.subject := message ->> 'subject';
  talk.user_email := message ->> 'customer_email';
  talk.custom_attributes := coalesce(message -> 'attributes', '{}');
  facts := romashka.routing_facts(talk, message ->> 'content', coalesce((message ->> 'at')::timestamptz, pg_catalog.now()));
  chosen := romashka.matching_rule(workspace, facts);
  return jsonb_build_object('rule_id', chosen.id, 'facts', facts - 'text', 'rules', coalesce((
    select jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name, 'priority', r.priority, 'is_active', r.is_active, 'applies', romashka.rule_applies(r.conditions, facts),
        'is_chosen', r.id is not distinct from chosen.id,
        'conditions', coalesce((select jsonb_agg(jsonb_build_object('field', c.key, 'wanted', c.value, 'found', case when c.key <> 'keywords' then facts -> c.key end,
            'holds', coalesce(romashka.condition_holds(c.key, c.value, facts), false)) order by c.key) from jsonb_each(r.conditions) as c), '[]'))
      order by r.priority desc, r.id desc)
      from public.channel_routing_rules as r where r.workspace_id = workspace), '[]'));
end $$;
comment on function public.test_routing(jsonb, uuid) is
  'Which rule a made-up message would come under, and of every rule which of its conditions hold. Changes nothing. Of the message: channel_type, channel_id, customer_id, customer_email, language, subject, content, attributes, at.';

do $$ begin
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_members('public.test_routing(jsonb, uuid)');
end $$;
