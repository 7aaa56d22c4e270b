-- Purpose: the visitor's door, and what a person may ask of what is kept about him.
-- Invariants: a visitor reaches only his own conversation, by a token kept as a hash; erasure leaves the figures and takes the person out of every table.
-- Lock risk: erase_customer locks the rows of one customer.

create or replace function public.start_widget_conversation(widget_token text, visitor_token text, content text, visitor_name text default null, visitor_email text default null,
  client_message_id text default null, out conversation_id uuid, out message_id uuid) language plpgsql security definer set search_path = '' as $$
-- Definer: a visitor has no rights of his own; the two tokens are what he has.
declare
  place record;
  own uuid;
  token_hash bytea;
  stored record;
begin
  if length(coalesce(visitor_token, '')) < 32 then
    raise exception 'the visitor''s token is too short' using errcode = 'RM400', hint = 'At least 32 random characters, made once in the visitor''s browser.';
  end if;
  if length(trim(coalesce(content, ''))) not between 1 and 10000 then
    raise exception 'a message has 1 to 10,000 characters' using errcode = 'RM400';
  end if;
  if length(visitor_name) > 200 or length(visitor_email) > 320 or length(client_message_id) > 200 then
    raise exception 'a name has at most 200 characters, an address 320, an id 200' using errcode = 'RM400';
  end if;
  select w.workspace_id, w.widget_id into place from romashka.find_widget(widget_token) as w;
  if not found then
    raise exception 'no such widget' using errcode = 'RM404';
  end if;
  if (select w.requires_identity from public.widget_configurations as w where w.id = place.widget_id and w.workspace_id = place.workspace_id) then
    raise exception 'this widget is for visitors whom the site has proven' using errcode = 'RM403';
  end if;
  -- A token that its visitor made himself begins a session when it first writes. One whose session is over begins a new one, which sees nothing of the old.
  token_hash := pg_catalog.sha256(convert_to(visitor_token, 'UTF8'));
  perform romashka.begin_visitor(widget_token, token_hash);
  select f.session into own from romashka.find_visitor(widget_token, token_hash) as f;
  stored := romashka.take_visitor_message(own, content, visitor_name, visitor_email, null, client_message_id);
  conversation_id := stored.conversation_id;
  message_id := stored.message_id;
end $$;
comment on function public.start_widget_conversation(text, text, text, text, text, text) is
  'A visitor writes through the website''s widget: opens his conversation or goes on with it. The same client_message_id is stored once. An address he types is a claim.';

create or replace function romashka.limit_visitors(workspace uuid, customer uuid, opens boolean, seen_at timestamptz) returns void language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by take_visitor_message only. The visitor's identity is locked by then, so that his messages are counted one after the other.
declare
  most constant integer := (romashka.setting(workspace, 'rate_limit_requests_per_minute') #>> '{}')::integer;
  since constant timestamptz := seen_at - interval '1 minute';
  amount integer;
begin
  if romashka.setting(workspace, 'rate_limiting_enabled') = 'false'::jsonb then return; end if;
  select count(*) into amount from (
    select from public.conversations as c join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id
     where c.customer_id = customer and c.workspace_id = workspace and c.channel_type = 'website' and m.sender_type = 'user' and m.created_at > since limit most) as said;
  if opens and amount < most then
    -- A visitor's token costs nothing: whoever opens a conversation is counted with all who do. Who has one goes on.
    select count(*) into amount from (
      select from public.conversations as c where c.workspace_id = workspace and c.channel_type = 'website' and c.created_at > since limit most) as opened;
  end if;
  if amount >= most then
    raise exception 'too many messages within a minute' using errcode = 'RM429', hint = 'Wait a minute. The limit is the setting rate_limit_requests_per_minute.';
  end if;
end $$;
comment on function romashka.limit_visitors(uuid, uuid, boolean, timestamptz) is
  'Refuses (RM429) a visitor who has written rate_limit_requests_per_minute messages within a minute, and a new conversation when as many were opened on the website; off with rate_limiting_enabled.';

create or replace function public.read_widget_conversation(visitor_token text, widget_token text, after timestamptz default null)
returns table (message_id uuid, sender_type text, content text, created_at timestamptz) language plpgsql stable security definer set search_path = '' as $$
-- Definer: as start_widget_conversation. Only what was said on the website is shown, never another channel's history.
declare
  own uuid;
begin
  select s.id into own from romashka.find_widget(widget_token) as t join romashka.visitor_sessions as s on s.widget_id = t.widget_id and s.workspace_id = t.workspace_id
   where s.token_hash = pg_catalog.sha256(convert_to(coalesce(visitor_token, ''), 'UTF8')) and s.expires_at > pg_catalog.now();
  return query
    select m.id, m.sender_type::text, m.content, m.created_at
      from romashka.visitor_conversations(own) as c
      join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id and m.channel_type = 'website'
     where after is null or m.created_at > after
     order by m.created_at, m.id limit 200;
end $$;
comment on function public.read_widget_conversation(text, text, timestamptz) is 'What was said between a visitor and the workspace on its website, oldest first, 200 at a time.';

create or replace function public.export_customer(customer uuid, workspace uuid default public.current_workspace_id()) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
-- Definer: reads every table that may hold the person; the workspace and the role are checked first.
declare
  person jsonb;
begin
  perform romashka.require_role(workspace, 'admin');
  select to_jsonb(p) into person from public.customer_profiles as p where p.id = customer and p.workspace_id = workspace;
  if person is null then raise exception 'no such customer' using errcode = 'RM404'; end if;
  return jsonb_build_object(
    'format', 'romashka.customer/1', 'exported_at', pg_catalog.now(), 'profile', person,
    'merged_profiles', (select coalesce(jsonb_agg(to_jsonb(p) order by p.created_at), '[]') from public.customer_profiles as p where p.merged_into_id = customer and p.workspace_id = workspace),
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at), '[]') from public.customer_identities as i where i.customer_id = customer and i.workspace_id = workspace),
    'channel_preferences', (select coalesce(jsonb_agg(to_jsonb(p) order by p.channel_type), '[]') from public.customer_channel_preferences as p where p.customer_id = customer and p.workspace_id = workspace),
    'sms_opt_outs', (select coalesce(jsonb_agg(to_jsonb(o) order by o.changed_at, o.id), '[]') from public.sms_opt_outs as o
       where o.workspace_id = workspace and o.customer_number in (select i.external_id from public.customer_identities as i
              where i.customer_id = customer and i.workspace_id = workspace and i.channel_type = 'sms')),
    'conversations', (select coalesce(jsonb_agg(to_jsonb(c) || jsonb_build_object(
        'messages', (select coalesce(jsonb_agg(to_jsonb(m) order by m.created_at, m.id), '[]') from public.messages as m where m.conversation_id = c.id and m.workspace_id = workspace),
        'attachments', (select coalesce(jsonb_agg(to_jsonb(f) order by f.created_at), '[]') from public.file_attachments as f where f.conversation_id = c.id and f.workspace_id = workspace),
        'notes', (select coalesce(jsonb_agg(to_jsonb(n) order by n.created_at), '[]') from public.conversation_notes as n where n.conversation_id = c.id and n.workspace_id = workspace),
        'context', (select to_jsonb(x) from public.conversation_context as x where x.conversation_id = c.id and x.workspace_id = workspace),
        'ai_answers', (select coalesce(jsonb_agg(to_jsonb(a) order by a.created_at, a.id), '[]') from public.ai_answers as a where a.conversation_id = c.id and a.workspace_id = workspace),
        'figures', (select to_jsonb(a) from public.conversation_analytics as a where a.conversation_id = c.id and a.workspace_id = workspace))
        order by c.created_at), '[]') from public.conversations as c where c.customer_id = customer and c.workspace_id = workspace));
end $$;
comment on function public.export_customer(uuid, uuid) is 'Everything kept about a person, as JSON. For admins.';

create or replace function romashka.addresses_of(workspace uuid, people uuid[], talks uuid[]) returns text[] language plpgsql stable set search_path = '' as $$
begin
  -- Also those that were there before a change: what arrived under them may be kept.
  return array(
    select distinct lower(a.address) from (
      select p.email from public.customer_profiles as p where p.workspace_id = workspace and p.id = any (people)
      union all select p.phone from public.customer_profiles as p where p.workspace_id = workspace and p.id = any (people)
      union all select i.external_id from public.customer_identities as i where i.workspace_id = workspace and i.customer_id = any (people)
      union all select unnest(array[c.user_email, c.customer_phone, c.customer_social_id, c.external_conversation_id])
        from public.conversations as c where c.workspace_id = workspace and c.id = any (talks)
      union all select unnest(array[a.changes ->> k.key, a.changes -> k.key ->> 'from', a.changes -> k.key ->> 'to'])
        from public.audit_logs as a cross join (values ('email'), ('phone'), ('external_id')) as k (key)
       where a.workspace_id = workspace and a.redacted_at is null and a.changes ? k.key
         and (a.entity_id = any (people) or a.changes ->> 'customer_id' = any (people::text[]))) as known (address)
     cross join lateral (values (known.address), (nullif(ltrim(known.address, '+'), known.address))) as a (address)
     -- A shorter one would be found in what has nothing to do with the person.
     where length(a.address) >= 6 and a.address !~ '^\{');
end $$;
comment on function romashka.addresses_of(uuid, uuid[], uuid[]) is 'Under which addresses and numbers people are or were known in a workspace, in small letters.';

create or replace function romashka.erase_traces(workspace uuid, people uuid[], talks uuid[], addresses text[]) returns jsonb language plpgsql set search_path = '' as $$
declare
  said constant uuid[] := array(select m.id from public.messages as m where m.workspace_id = workspace and m.conversation_id = any (talks));
  at constant timestamptz := pg_catalog.now();
  arrived bigint;
  waiting bigint;
  told bigint;
  recorded bigint;
begin
  -- What channels sent us, as it came. What waits to be taken in is not touched: a batch may hold other people's messages.
  with mentioned as materialized (
    select w.id, w.created_at, w.status in ('pending', 'processing') as waits from public.webhook_events as w
     where w.workspace_id = workspace and exists (select from unnest(addresses) as a (address)
       where strpos(lower(w.payload::text), a.address) > 0 or strpos(lower(w.headers::text), a.address) > 0 or strpos(lower(encode(w.raw_body, 'escape')), a.address) > 0
          or strpos(lower(w.dedupe_key), a.address) > 0 or strpos(lower(w.ordering_key), a.address) > 0 or strpos(lower(w.error_message), a.address) > 0)),
  forgotten as (
    delete from romashka.webhook_event_keys as k using mentioned as m
     where k.workspace_id = workspace and k.event_id = m.id and not m.waits
       and exists (select from unnest(addresses) as a (address) where strpos(lower(k.dedupe_key), a.address) > 0)),
  cleared as (
    update public.webhook_events as w set payload = '{}', headers = '{}', raw_body = null, error_message = null, ordering_key = null,
      dedupe_key = case when exists (select from unnest(addresses) as a (address) where strpos(lower(w.dedupe_key), a.address) > 0) then null else w.dedupe_key end
      from mentioned as m where w.workspace_id = workspace and w.id = m.id and w.created_at = m.created_at and not m.waits
    returning w.id)
  select (select count(*) from cleared), (select count(*) from mentioned as m where m.waits) into arrived, waiting;

  -- What receivers were told, and what they answered.
  update public.webhook_logs as l set payload = null, response_body = null, error_message = null, attempts = '[]',
    status = case l.status when 'pending' then 'dead' else l.status end, completed_at = case l.status when 'pending' then at else l.completed_at end
   where l.workspace_id = workspace and (l.payload is not null or l.response_body is not null)
     and (l.payload -> 'data' ->> 'conversation_id' = any (talks::text[]) or l.payload -> 'data' ->> 'customer_id' = any (people::text[])
       or exists (select from unnest(addresses) as a (address) where strpos(lower(l.payload::text), a.address) > 0 or strpos(lower(l.response_body), a.address) > 0));
  get diagnostics told = row_count;

  -- The ledger keeps what happened and when; the words go.
  set local romashka.audit_work = 'redact';
  update public.events as e set payload = e.payload - array['reason', 'file', 'error', 'detail', 'reaction']
   where e.workspace_id = workspace and (e.conversation_id = any (talks) or e.subject_id = any (people)) and e.payload ?| array['reason', 'file', 'error', 'detail', 'reaction'];
  get diagnostics recorded = row_count;
  set local romashka.audit_work = '';

  delete from romashka.media_fetches as f where f.workspace_id = workspace and f.message_id = any (said);
  update public.sla_tracking as s set breach_reason = null where s.workspace_id = workspace and s.conversation_id = any (talks) and s.breach_reason is not null;
  update public.workflow_executions as e set error_message = null where e.workspace_id = workspace and e.conversation_id = any (talks) and e.error_message is not null;
  update public.sync_jobs as j set error_details = null
   where j.workspace_id = workspace and exists (select from unnest(addresses) as a (address) where strpos(lower(j.error_details::text), a.address) > 0);
  delete from romashka.visitor_sessions as v where v.workspace_id = workspace and lower(v.email) = any (addresses);
  return jsonb_build_object('incoming_events', arrived, 'incoming_events_waiting', waiting, 'outgoing_webhooks', told, 'ledger_rows', recorded);
end $$;
comment on function romashka.erase_traces(uuid, uuid[], uuid[], text[]) is
  'Takes people out of the queues, the raw incoming events and the ledger of a workspace; returns how many rows. Called by erase_customer.';

create or replace function public.erase_customer(customer uuid, reason text default null, workspace uuid default public.current_workspace_id()) returns jsonb
language plpgsql security definer set search_path = '' as $$
-- Definer: writes every table that may hold the person; the workspace and the role are checked first.
declare
  at constant timestamptz := pg_catalog.now();
  people uuid[];
  talks uuid[];
  touched jsonb := '{}'::jsonb;
  files jsonb;
  addresses text[];
  their_tags text[];
  rows_done bigint;
begin
  perform romashka.require_role(workspace, 'admin');
  if (select w.legal_hold from public.workspaces as w where w.id = workspace) then
    raise exception 'the workspace is under legal hold' using errcode = 'RM409', hint = 'Lift the hold first: update workspaces set legal_hold = false.';
  end if;
  perform from public.customer_profiles as p where p.id = customer and p.workspace_id = workspace for update;
  if not found then raise exception 'no such customer' using errcode = 'RM404'; end if;
  people := array(
    with recursive merged as (
      select customer as id
      union select p.id from public.customer_profiles as p join merged as m on p.merged_into_id = m.id where p.workspace_id = workspace)
    select m.id from merged as m);
  talks := array(select c.id from public.conversations as c where c.workspace_id = workspace and c.customer_id = any (people) order by c.id for update);

  addresses := romashka.addresses_of(workspace, people, talks);
  their_tags := array(select distinct unnest(p.tags) from public.customer_profiles as p where p.workspace_id = workspace and p.id = any (people));
  touched := romashka.erase_traces(workspace, people, talks, addresses);

  update public.messages as m set content = '[erased]', media_url = null, media_caption = null, metadata = '{}', knowledge_sources = '{}', external_message_id = null
   where m.workspace_id = workspace and m.conversation_id = any (talks);
  get diagnostics rows_done = row_count;
  touched := touched || jsonb_build_object('messages', rows_done);
  select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'storage_provider', f.storage_provider, 'file_path', f.file_path,
      'is_shared', exists (select from public.file_attachments as o where o.file_path = f.file_path and o.storage_provider = f.storage_provider
        and (o.workspace_id <> workspace or o.conversation_id is null or o.conversation_id <> all (talks))))), '[]') into files
    from public.file_attachments as f where f.workspace_id = workspace and f.conversation_id = any (talks);
  delete from public.file_attachments as f where f.workspace_id = workspace and f.conversation_id = any (talks);
  update public.conversation_notes as n set note = '[erased]' where n.workspace_id = workspace and n.conversation_id = any (talks);
  delete from public.scheduled_messages as s where s.workspace_id = workspace and s.conversation_id = any (talks);
  -- Answers that are kept for repeated requests may show the person, and are encrypted: none of the workspace is kept.
  delete from public.idempotency_keys as k where k.workspace_id = workspace and k.response_status is not null;
  -- A turn that was taken has lost its lease when this is done: what its worker knows is not written down any more.
  delete from romashka.assistant_turns as t where t.workspace_id = workspace and t.conversation_id = any (talks);
  update public.ai_answers as a set question = '[erased]', rewritten_question = null, answer = null, passages = '[]', generation = generation - 'draft' - 'reason', feedback_text = null
   where a.workspace_id = workspace and a.conversation_id = any (talks);
  -- With their results in every run.
  perform from public.question_set_items as q where q.workspace_id = workspace and q.conversation_id = any (talks) order by q.id for update;
  delete from public.question_set_items as q where q.workspace_id = workspace and q.conversation_id = any (talks);
  delete from public.article_suggestions as s where s.workspace_id = workspace and s.conversation_id = any (talks);
  delete from public.conversation_context as x where x.workspace_id = workspace and x.conversation_id = any (talks);
  delete from romashka.read_marks as r where r.workspace_id = workspace and r.conversation_id = any (talks);
  delete from public.conversation_thread_keys as t where t.workspace_id = workspace and t.conversation_id = any (talks);
  update public.knowledge_analytics as k set feedback_text = null where k.workspace_id = workspace and k.conversation_id = any (talks) and k.feedback_text is not null;
  update public.message_delivery_tracking as d set error_details = null, external_message_id = null from public.messages as m
   where m.id = d.message_id and m.workspace_id = workspace and d.workspace_id = workspace and m.conversation_id = any (talks);
  update public.workflow_executions as e set context = '{}', execution_log = '[]' where e.workspace_id = workspace and e.conversation_id = any (talks);
  update public.conversation_transfers as t set transfer_reason = null where t.workspace_id = workspace and t.conversation_id = any (talks);
  update public.conversations as c set user_name = null, user_email = null, customer_phone = null, customer_social_id = null, external_conversation_id = null, subject = null,
    last_message = case when c.last_message is null then null else '[erased]' end, satisfaction_comment = null, handoff_reason = null, business_context = '{}', custom_attributes = '{}', updated_at = at
   where c.workspace_id = workspace and c.id = any (talks);
  touched := touched || jsonb_build_object('conversations', cardinality(talks));
  delete from romashka.visitor_sessions as v using public.customer_identities as i
   where i.workspace_id = workspace and i.customer_id = any (people) and i.channel_type = 'website' and v.workspace_id = workspace and v.visitor = i.external_id;
  -- Should his number be written to again, Twilio refuses it and the opt-out is known anew.
  delete from public.sms_opt_outs as o using public.customer_identities as i
   where i.workspace_id = workspace and i.customer_id = any (people) and i.channel_type = 'sms' and o.workspace_id = workspace and o.customer_number = i.external_id;
  delete from public.customer_identities as i where i.workspace_id = workspace and i.customer_id = any (people);
  delete from public.customer_channel_preferences as p where p.workspace_id = workspace and p.customer_id = any (people);
  -- Rows of the older schema as they were: whatever names the person or one of his conversations.
  delete from public.adoption_findings as f where f.workspace_id = workspace
    and (f.source_id = any (people::text[]) or f.source_id = any (talks::text[]) or f.source_row ->> 'customer_id' = any (people::text[])
      or f.source_row ->> 'conversation_id' = any (talks::text[])
      or f.source_row ->> 'message_id' in (select m.id::text from public.messages as m where m.workspace_id = workspace and m.conversation_id = any (talks)));
  update public.customer_profiles as p set email = null, name = null, phone = null, company = null, location = null, tags = '{}', custom_fields = '{}', notes = null, do_not_contact_since = null,
    do_not_contact_reason = null, erased_at = at, updated_at = at
   where p.workspace_id = workspace and p.id = any (people);
  -- A tag that nobody else has is counted away at once.
  with taken as (
    delete from public.tag_changes as c where c.workspace_id = workspace and c.applies_to = 'customer' and c.tag = any (their_tags) returning c.tag, c.delta)
  insert into public.tag_counts as k (workspace_id, applies_to, tag, use_count)
  select workspace, 'customer', t.tag, sum(t.delta) from taken as t group by t.tag order by t.tag
  on conflict (workspace_id, applies_to, tag) do update set use_count = k.use_count + excluded.use_count;
  delete from public.tag_counts as k where k.workspace_id = workspace and k.applies_to = 'customer' and k.tag = any (their_tags) and k.use_count = 0;
  touched := touched || jsonb_build_object('profiles', cardinality(people), 'audit_rows', romashka.redact_audit(workspace, people || talks
    || array(select m.id from public.messages as m where m.workspace_id = workspace and m.conversation_id = any (talks))), 'files', files);
  perform romashka.record_event(workspace, 'customer.erased', 'customer', customer, null, jsonb_build_object('reason', reason));
  return touched;
end $$;
comment on function public.erase_customer(uuid, text, uuid) is
  'Takes a person out of every table, the queues, the ledger, the audit and the search; the figures stay. Returns what was touched and which files were removed; their bytes are in the queue of those to be removed, but not where somebody else has them too.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('public.start_widget_conversation', 'anon', 'authenticated', 'service_role');
  perform romashka.grant_function('public.read_widget_conversation', 'anon', 'authenticated', 'service_role');
  perform romashka.grant_function('public.export_customer', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.erase_customer', 'authenticated', 'service_role', 'romashka_admin');
end $$;

-- What people do to conversations and messages, and only when it is theirs to decide.
create or replace trigger conversations_90_audit_update
  after update of status, assigned_agent_id, team_id, priority, tags, customer_id, subject, department, custom_attributes, satisfaction_score, merged_into_id on public.conversations for each row
  when (old.status is distinct from new.status or old.assigned_agent_id is distinct from new.assigned_agent_id or old.team_id is distinct from new.team_id
    or old.priority is distinct from new.priority or old.tags is distinct from new.tags or old.customer_id is distinct from new.customer_id
    or old.subject is distinct from new.subject or old.department is distinct from new.department or old.custom_attributes is distinct from new.custom_attributes
    or old.satisfaction_score is distinct from new.satisfaction_score or old.merged_into_id is distinct from new.merged_into_id)
  execute function romashka.log_row_change('conversations');
create or replace trigger conversations_90_audit_delete after delete on public.conversations for each row execute function romashka.log_row_change('conversations');
create or replace trigger messages_90_audit_update after update of content, conversation_id, sender_type on public.messages for each row
  when (old.content is distinct from new.content or old.conversation_id is distinct from new.conversation_id or old.sender_type is distinct from new.sender_type)
  execute function romashka.log_row_change('messages');
create or replace trigger messages_90_audit_delete after delete on public.messages for each row execute function romashka.log_row_change('messages');
