-- Purpose: what a visitor of a site does: begins, proves who he is, writes, reads, rates, leaves.
-- Invariants: every verb is given a session that the server found by the hash of its token; a session reaches the talks that its own visitor began at its
-- widget's channel and nothing else, whoever the customer is joined with; a proven visitor never becomes another one.
-- Who calls: the server as the service; start_widget_conversation and read_widget_conversation (90-operations) for callers of SQL.
-- Lock risk: row locks; the visitor's session is locked while he writes, so that his messages are counted one after the other.

create or replace function romashka.begin_visitor(widget_token text, token_hash bytea) returns timestamptz language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  place record;
  ends timestamptz := pg_catalog.now() + interval '30 days';
begin
  select f.workspace_id, f.widget_id into place from romashka.find_widget(widget_token) as f;
  if not found then raise exception 'no such widget' using errcode = 'RM404'; end if;
  delete from romashka.visitor_sessions as s where s.token_hash = begin_visitor.token_hash and s.widget_id = place.widget_id and s.workspace_id = place.workspace_id
    and s.expires_at <= pg_catalog.now();
  insert into romashka.visitor_sessions (workspace_id, widget_id, token_hash, visitor, expires_at)
  values (place.workspace_id, place.widget_id, begin_visitor.token_hash, 'visitor:' || gen_random_uuid(), ends)
  on conflict on constraint visitor_sessions_token_hash_key do nothing;
  return ends;
end $$;
comment on function romashka.begin_visitor(text, bytea) is 'Begins a session of a visitor of whom nothing is proven; returns when it ends.';

create or replace function romashka.find_visitor(widget_token text, token_hash bytea, out session uuid, out workspace uuid, out widget uuid, out visitor text, out user_id text,
  out email text, out configuration jsonb) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
declare
  at constant timestamptz := pg_catalog.now();
  seen timestamptz;
begin
  select s.id, s.workspace_id, s.widget_id, s.visitor, s.user_id, s.email, w.configuration, s.last_seen_at into session, workspace, widget, visitor, user_id, email, configuration, seen
    from romashka.find_widget(widget_token) as f
    join romashka.visitor_sessions as s on s.widget_id = f.widget_id and s.workspace_id = f.workspace_id
    join public.widget_configurations as w on w.id = f.widget_id and w.workspace_id = f.workspace_id
   where s.token_hash = find_visitor.token_hash and s.expires_at > at and (s.user_id is not null or not w.requires_identity);
  if found and seen < at - interval '1 minute' then perform romashka.touch_visitors(array[session]); end if;
end $$;
comment on function romashka.find_visitor(text, bytea) is 'Whose session a token is at this widget; nulls for none. Its use is noted once a minute and moves its end.';

create or replace function romashka.touch_visitors(sessions uuid[]) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone, for the streams it holds.
declare
  touched integer;
begin
  update romashka.visitor_sessions as s set last_seen_at = pg_catalog.now(),
    expires_at = pg_catalog.now() + case when s.user_id is null then interval '30 days' else interval '24 hours' end
   where s.id = any (sessions) and s.expires_at > pg_catalog.now();
  get diagnostics touched = row_count;
  return touched;
end $$;
comment on function romashka.touch_visitors(uuid[]) is 'Notes that visitors are there; returns how many.';

create or replace function romashka.end_visitor(session uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  delete from public.presence as p where p.id = session;
  delete from romashka.visitor_sessions as s where s.id = session;
end $$;
comment on function romashka.end_visitor(uuid) is 'Ends a visitor''s session; his talk stays.';

create or replace function romashka.visitor_conversations(session uuid) returns setof public.conversations language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by the visitor's verbs.
begin
  return query
    with own as (
      select c.* from romashka.visitor_sessions as s
        join public.widget_configurations as w on w.id = s.widget_id and w.workspace_id = s.workspace_id
        join public.customer_identities as i on i.workspace_id = s.workspace_id and i.channel_type = 'website' and i.external_id = s.visitor
        join public.conversations as c on c.customer_id = i.customer_id and c.workspace_id = s.workspace_id
       where s.id = session and c.channel_type = 'website' and c.external_conversation_id = s.visitor and c.channel_id is not distinct from w.channel_id)
    select * from own
    union
    -- An agent put the talk into another one of the same customer.
    select c.* from own join public.conversations as c on c.id = own.merged_into_id and c.workspace_id = own.workspace_id
     where c.channel_type = 'website' and c.customer_id = own.customer_id and c.channel_id is not distinct from own.channel_id;
end $$;
comment on function romashka.visitor_conversations(uuid) is 'The talks that a visitor began at his widget, and where an agent put them.';

create or replace function romashka.verify_visitor(widget_token text, old_hash bytea, new_hash bytea, user_id text, email text, name text, phone text, attributes jsonb, is_proven boolean,
  out expires_at timestamptz, out shown_name text) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone, which has checked the proof.
declare
  place record;
  before romashka.visitor_sessions;
  at constant timestamptz := pg_catalog.now();
  who text;
  person uuid;
  formerly uuid;
  made uuid;
begin
  select f.workspace_id, f.widget_id into place from romashka.find_widget(widget_token) as f;
  if not found then raise exception 'no such widget' using errcode = 'RM404'; end if;
  -- The secret is a widget's, and so is what it proves: another site of the workspace may count its users from one too.
  who := 'user:' || place.widget_id || ':' || verify_visitor.user_id;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('visitor ' || place.workspace_id || who, 0));
  select i.customer_id into person from public.customer_identities as i where i.workspace_id = place.workspace_id and i.channel_type = 'website' and i.external_id = who;
  if person is null then
    if is_proven and verify_visitor.email is not null then
      select p.id into person from public.customer_profiles as p
       where p.workspace_id = place.workspace_id and lower(p.email) = lower(verify_visitor.email) and p.merged_into_id is null;
    end if;
    if person is null then
      insert into public.customer_profiles (workspace_id, name, email, phone, last_interaction)
      values (place.workspace_id, verify_visitor.name, case when is_proven then verify_visitor.email end, case when is_proven then verify_visitor.phone end, at)
      on conflict do nothing returning id into made;
      if made is null then
        select p.id into made from public.customer_profiles as p
         where p.workspace_id = place.workspace_id and lower(p.email) = lower(verify_visitor.email) and p.merged_into_id is null;
      end if;
      person := made;
    end if;
    insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id, display_name, is_verified, verified_at, last_seen_at)
    values (place.workspace_id, person, 'website', who, verify_visitor.name, true, at, at);
  end if;
  update public.customer_identities as i set last_seen_at = at, display_name = coalesce(verify_visitor.name, i.display_name)
   where i.workspace_id = place.workspace_id and i.channel_type = 'website' and i.external_id = who;
  update public.customer_profiles as p set name = case when is_proven then coalesce(verify_visitor.name, p.name) else coalesce(p.name, verify_visitor.name) end,
    phone = case when is_proven then coalesce(verify_visitor.phone, p.phone) else p.phone end,
    custom_fields = p.custom_fields || coalesce(attributes, '{}') || case when verify_visitor.email is not null and lower(p.email) is distinct from lower(verify_visitor.email)
      then jsonb_build_object('claimed_email', verify_visitor.email) else '{}' end
   where p.id = person and p.workspace_id = place.workspace_id
  returning p.name into shown_name;

  select * into before from romashka.visitor_sessions as s
   where s.token_hash = old_hash and s.widget_id = place.widget_id and s.workspace_id = place.workspace_id and s.expires_at > at for update;
  if found and before.user_id is null then
    select i.customer_id into formerly from public.customer_identities as i
     where i.workspace_id = place.workspace_id and i.channel_type = 'website' and i.external_id = before.visitor;
    if formerly is not null then
      update public.messages as m set external_message_id = who || substr(m.external_message_id, length(before.visitor) + 1)
        from public.conversations as c
       where c.customer_id = formerly and c.workspace_id = place.workspace_id and c.external_conversation_id = before.visitor
         and m.conversation_id = c.id and m.workspace_id = c.workspace_id and starts_with(m.external_message_id, before.visitor || ':');
      update public.conversations as c set external_conversation_id = who, customer_id = person, user_name = coalesce(shown_name, c.user_name)
       where c.customer_id = formerly and c.workspace_id = place.workspace_id and c.external_conversation_id = before.visitor;
      delete from public.customer_identities as i where i.workspace_id = place.workspace_id and i.channel_type = 'website' and i.external_id = before.visitor;
      -- Whom an agent joined with somebody keeps what is his.
      if formerly <> person and not exists (select from public.customer_identities as i where i.customer_id = formerly and i.workspace_id = place.workspace_id)
         and not exists (select from public.conversations as c where c.customer_id = formerly and c.workspace_id = place.workspace_id) then
        update public.customer_profiles as p set merged_into_id = person where p.id = formerly and p.workspace_id = place.workspace_id and p.merged_into_id is null and p.email is null;
      end if;
    end if;
  end if;
  expires_at := at + interval '24 hours';
  insert into romashka.visitor_sessions (workspace_id, widget_id, token_hash, visitor, user_id, email, expires_at)
  values (place.workspace_id, place.widget_id, new_hash, who, verify_visitor.user_id, case when is_proven then verify_visitor.email end, expires_at) returning id into made;
  if before.id is not null then
    if before.user_id is null then
      update public.file_attachments as f set visitor_session_id = made where f.visitor_session_id = before.id and f.workspace_id = place.workspace_id;
    end if;
    perform romashka.end_visitor(before.id);
  end if;
end $$;
comment on function romashka.verify_visitor(text, bytea, bytea, text, text, text, text, jsonb, boolean) is
  'Begins the session of a proven visitor, finds or makes his customer, and ends the browser''s session before: what an unproven visitor said there is his; a proven one was somebody else.';

create or replace function romashka.take_visitor_message(session uuid, content text, visitor_name text, visitor_email text, visitor_phone text, client_message_id text,
  details jsonb default '{}', answers jsonb default '{}', files uuid[] default '{}',
  out conversation_id uuid, out message_id uuid, out created_at timestamptz, out is_new_conversation boolean, out is_duplicate boolean)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: called for a session whose token was checked.
declare
  own romashka.visitor_sessions;
  channel uuid;
  customer uuid;
  kind text := 'text';
  seen_at constant timestamptz := pg_catalog.clock_timestamp();
  external text;
begin
  select * into own from romashka.visitor_sessions as s where s.id = session for update;
  if not found then raise exception 'the session is over' using errcode = 'RM401'; end if;
  select w.channel_id into channel from public.widget_configurations as w where w.id = own.widget_id and w.workspace_id = own.workspace_id;
  external := own.visitor || ':' || client_message_id;
  is_new_conversation := false;
  is_duplicate := true;
  if external is not null then
    select m.conversation_id, m.id, m.created_at into conversation_id, message_id, created_at from public.messages as m
     where m.workspace_id = own.workspace_id and m.channel_type = 'website'
       and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce(channel, '00000000-0000-0000-0000-000000000000'::uuid) and m.external_message_id = external;
    if found then return; end if;
  end if;
  is_duplicate := false;
  set local romashka.actor_kind = 'customer';
  customer := romashka.find_customer(own.workspace_id, 'website', own.visitor, visitor_name, visitor_email, null, own.user_id is not null, seen_at);
  if visitor_name is not null or visitor_phone is not null then
    update public.customer_profiles as p set name = coalesce(p.name, visitor_name),
      custom_fields = p.custom_fields || case when visitor_phone is not null then jsonb_build_object('claimed_phone', visitor_phone) else '{}' end
     where p.id = customer and p.workspace_id = own.workspace_id and own.user_id is null;
  end if;
  if visitor_email is not null and own.user_id is null and visitor_email is distinct from own.email then
    update romashka.visitor_sessions as s set email = visitor_email where s.id = session;
  end if;
  select c.id into conversation_id from romashka.visitor_conversations(session) as c
   where c.merged_into_id is null and (c.status in ('active', 'escalated') or c.status = 'resolved' and c.resolved_at > seen_at - interval '7 days')
   order by (c.status in ('active', 'escalated')) desc, c.created_at desc limit 1;
  perform romashka.limit_visitors(own.workspace_id, customer, conversation_id is null, seen_at);
  if conversation_id is null then
    insert into public.conversations (workspace_id, customer_id, user_name, user_email, channel_type, channel_id, external_conversation_id, last_message, custom_attributes)
    values (own.workspace_id, customer, visitor_name, coalesce(visitor_email, own.email), 'website', channel, own.visitor, left(content, 10000), coalesce(answers, '{}')) returning id into conversation_id;
    is_new_conversation := true;
  elsif answers <> '{}' then
    update public.conversations as c set custom_attributes = c.custom_attributes || answers where c.id = conversation_id and c.workspace_id = own.workspace_id;
  end if;
  if cardinality(files) > 0 then
    perform from public.file_attachments as f
     where f.id = any (files) and f.workspace_id = own.workspace_id and f.visitor_session_id = session and f.message_id is null order by f.id for update;
    if (select count(*) from public.file_attachments as f where f.id = any (files) and f.workspace_id = own.workspace_id and f.visitor_session_id = session and f.message_id is null)
        <> cardinality(files) then
      raise exception 'a file is not there or was sent already' using errcode = 'RM422';
    end if;
    select case when bool_and(starts_with(f.mime_type, 'image/')) then 'image' else 'document' end into kind
      from public.file_attachments as f where f.id = any (files) and f.workspace_id = own.workspace_id;
  end if;
  insert into public.messages (workspace_id, conversation_id, sender_type, content, channel_type, channel_id, external_message_id, message_type, metadata, delivery_status, created_at)
  values (own.workspace_id, conversation_id, 'user', content, 'website', channel, external, kind, coalesce(details, '{}'), 'delivered', seen_at)
  returning id, created_at into message_id, created_at;
  if cardinality(files) > 0 then
    update public.file_attachments as f set message_id = take_visitor_message.message_id, conversation_id = take_visitor_message.conversation_id
     where f.id = any (files) and f.workspace_id = own.workspace_id;
  end if;
  delete from public.presence as p where p.id = session and p.workspace_id = own.workspace_id;
  if kind = 'text' and channel is not null then perform romashka.ask_assistant(own.workspace_id, channel, conversation_id, message_id, seen_at); end if;
end $$;
comment on function romashka.take_visitor_message(uuid, text, text, text, text, text, jsonb, jsonb, uuid[]) is
  'Stores one message of a visitor, once for each of his own ids: opens his talk or goes on with it.';

create or replace function romashka.visitor_messages(session uuid, before_at timestamptz, before_id uuid, after_at timestamptz, after_id uuid, ids uuid[], row_limit integer)
returns table (id uuid, conversation_id uuid, sender_type text, author jsonb, content text, html text, created_at timestamptz, client_message_id text, status text,
  attachments jsonb, quick_replies jsonb, sources jsonb) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone. Only what was said on the website is shown, never another channel's history and never a note.
begin
  return query
    select m.id, m.conversation_id, m.sender_type::text,
           case when m.sender_type = 'agent' and p.id is not null then jsonb_build_object('name', p.full_name, 'avatar_url', p.avatar_url)
                when m.sender_type = 'ai' then (select jsonb_build_object('name', a.name, 'avatar_url', null) from public.channel_assistants as a
                                                 where a.channel_id = m.channel_id and a.workspace_id = m.workspace_id) end,
           m.content, case when m.sender_type <> 'user' then m.metadata ->> 'html' end, m.created_at,
           case when m.sender_type = 'user' and starts_with(m.external_message_id, s.visitor || ':') then substr(m.external_message_id, length(s.visitor) + 2) end,
           case when m.sender_type <> 'user' then case when m.delivery_status in ('delivered', 'read') then m.delivery_status::text else 'sent' end
                when exists (select from public.conversation_reads as r where r.conversation_id = m.conversation_id and r.workspace_id = m.workspace_id and r.read_at >= m.created_at)
                then 'read' else 'delivered' end,
           coalesce((select jsonb_agg(jsonb_build_object('id', f.id, 'filename', f.filename, 'mime_type', f.mime_type, 'file_size', f.file_size,
                                                         'is_image', coalesce(starts_with(f.mime_type, 'image/'), false)) order by f.created_at, f.id)
                       from public.file_attachments as f where f.message_id = m.id and f.workspace_id = m.workspace_id), '[]'),
           case when m.sender_type <> 'user' and jsonb_typeof(m.metadata -> 'quick_replies') = 'array' then m.metadata -> 'quick_replies' else '[]' end,
           case when m.sender_type = 'ai' and jsonb_typeof(m.knowledge_sources) = 'array' then m.knowledge_sources else '[]' end
      from romashka.visitor_sessions as s
      cross join romashka.visitor_conversations(session) as c
      join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id and m.channel_type = 'website'
      left join public.profiles as p on p.id = m.sender_id
     where s.id = session
       and (ids is null or m.id = any (ids))
       and (before_at is null or (m.created_at, m.id) < (before_at, before_id))
       and (after_at is null or (m.created_at, m.id) > (after_at, after_id))
     order by case when after_at is not null then m.created_at end, case when after_at is not null then m.id end, m.created_at desc, m.id desc
     limit row_limit;
end $$;
comment on function romashka.visitor_messages(uuid, timestamptz, uuid, timestamptz, uuid, uuid[], integer) is
  'What was said with a visitor: what follows a place, oldest first, or else the newest before a place, newest first.';

create or replace function romashka.visitor_state(session uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  talk public.conversations;
  scale numeric;
begin
  select * into talk from romashka.visitor_conversations(session) as c where c.merged_into_id is null
   order by (c.status in ('active', 'escalated')) desc, c.created_at desc limit 1;
  if not found then
    return '{"conversation_id": null, "status": null, "unread": 0, "read_by_agent_at": null, "agent": null, "can_rate": false, "rating": null, "started_at": null}'::jsonb;
  end if;
  scale := (romashka.setting(talk.workspace_id, 'customer_satisfaction_scale') #>> '{}')::numeric;
  return jsonb_build_object('conversation_id', talk.id, 'status', talk.status,
    'unread', (select count(*) from (select from romashka.visitor_conversations(session) as c
        join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id
       where m.channel_type = 'website' and m.sender_type <> 'user' and m.delivery_status <> 'read' limit 100) as unseen),
    'read_by_agent_at', (select max(r.read_at) from public.conversation_reads as r where r.conversation_id = talk.id and r.workspace_id = talk.workspace_id),
    'agent', (select jsonb_build_object('name', p.full_name, 'avatar_url', p.avatar_url) from public.profiles as p where p.id = talk.assigned_agent_id),
    'can_rate', talk.first_response_at is not null, 'rating', case when scale = 10 then round(talk.satisfaction_score / 2) else talk.satisfaction_score end, 'started_at', talk.created_at);
end $$;
comment on function romashka.visitor_state(uuid) is 'How a visitor''s talk stands, as he may know it.';

create or replace function romashka.visitor_read(session uuid, message uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  mark record;
  latest uuid;
begin
  select m.conversation_id, m.workspace_id, m.created_at into mark from romashka.visitor_conversations(session) as c
    join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id where m.id = message and m.channel_type = 'website';
  if not found then raise exception 'no such message' using errcode = 'RM404'; end if;
  set local romashka.actor_kind = 'customer';
  with seen as (
    update public.messages as m set delivery_status = 'read'
     where m.conversation_id = mark.conversation_id and m.workspace_id = mark.workspace_id and m.channel_type = 'website' and m.sender_type <> 'user'
       and m.delivery_status <> 'read' and m.created_at <= mark.created_at
    returning m.id, m.created_at)
  select seen.id into latest from seen order by seen.created_at desc, seen.id desc limit 1;
  -- One event for all that was read at once.
  if latest is not null then
    perform romashka.record_event(mark.workspace_id, 'message.read', 'message', latest, mark.conversation_id, '{"channel_type": "website"}');
  end if;
end $$;
comment on function romashka.visitor_read(uuid, uuid) is 'A visitor has read everything up to a message. What was read stays read.';

create or replace function romashka.visitor_typing(session uuid, typing boolean) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
begin
  if not typing then
    delete from public.presence as p where p.id = session and p.user_id is null;
    return;
  end if;
  insert into public.presence as p (id, workspace_id, user_id, conversation_id, typing_until, expires_at)
  select session, c.workspace_id, null, c.id, pg_catalog.now() + interval '8 seconds', pg_catalog.now() + interval '8 seconds'
    from romashka.visitor_conversations(session) as c where c.merged_into_id is null and c.status in ('active', 'escalated') order by c.created_at desc limit 1
  on conflict (id, workspace_id) do update set conversation_id = excluded.conversation_id, typing_until = excluded.typing_until, expires_at = excluded.expires_at;
end $$;
comment on function romashka.visitor_typing(uuid, boolean) is 'Shows agents for eight seconds that a visitor types; nothing where he has no talk.';

create or replace function romashka.visitor_rate(session uuid, stars integer, comment text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  talk record;
begin
  select c.id, c.workspace_id into talk from romashka.visitor_conversations(session) as c where c.merged_into_id is null and c.first_response_at is not null
   order by (c.status in ('active', 'escalated')) desc, c.created_at desc limit 1;
  if not found then raise exception 'there is no talk to rate' using errcode = 'RM409'; end if;
  set local romashka.actor_kind = 'customer';
  perform public.rate_conversation(talk.id, case when romashka.setting(talk.workspace_id, 'customer_satisfaction_scale') = '10'::jsonb then stars * 2 else stars end, visitor_rate.comment, talk.workspace_id);
end $$;
comment on function romashka.visitor_rate(uuid, integer, text) is 'What a visitor thinks of his talk, in one to five stars; a second rating corrects the first.';

create or replace function romashka.visitor_file(session uuid, file uuid) returns setof public.file_attachments
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone.
begin
  return query
    select f.* from romashka.visitor_sessions as s
      join public.file_attachments as f on f.id = file and f.workspace_id = s.workspace_id
     where s.id = session
       and (f.visitor_session_id = session and f.message_id is null
         or exists (select from romashka.visitor_conversations(session) as c
              join public.messages as m on m.conversation_id = c.id and m.workspace_id = c.workspace_id and m.channel_type = 'website' where m.id = f.message_id));
end $$;
comment on function romashka.visitor_file(uuid, uuid) is 'A file of a visitor''s talk, or one that he has not sent yet.';

create or replace function romashka.typing_agents(conversations uuid[]) returns table (conversation_id uuid, name text) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the service's alone, for the talks of visitors who have a stream open.
declare
  at constant timestamptz := pg_catalog.now();
begin
  return query
    select distinct on (w.conversation_id) w.conversation_id, w.name from (
      select p.conversation_id, m.full_name as name, p.typing_until as until from public.presence as p join public.profiles as m on m.id = p.user_id
       where p.conversation_id = any (conversations) and p.typing_until > at
      union all
      -- The assistant, while it has the turn.
      select t.conversation_id, a.name, t.next_attempt_at from romashka.assistant_turns as t
        join public.conversations as c on c.id = t.conversation_id and c.workspace_id = t.workspace_id
        join public.channel_assistants as a on a.channel_id = c.channel_id and a.workspace_id = c.workspace_id
       where t.conversation_id = any (conversations) and t.status = 'answering' and t.next_attempt_at > at) as w
     order by w.conversation_id, w.until desc;
end $$;
comment on function romashka.typing_agents(uuid[]) is 'In which of these conversations an agent types now, or the assistant is about to answer, and who.';

create or replace function romashka.tell_visitor_of_reading() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the ledger is written by triggers only.
begin
  if exists (select from public.conversations as c where c.id = new.conversation_id and c.workspace_id = new.workspace_id and c.channel_type = 'website') then
    perform romashka.record_event(new.workspace_id, 'conversation.read', 'message', new.last_read_message_id, new.conversation_id);
  end if;
  return null;
end $$;
comment on function romashka.tell_visitor_of_reading() is 'Trigger: that a member has read a talk of the website further than before is an event, so that its visitor sees it.';
create or replace trigger conversation_reads_05_tell_visitor after insert on public.conversation_reads
  for each row when (new.last_read_message_id is not null) execute function romashka.tell_visitor_of_reading();
create or replace trigger conversation_reads_05_tell_visitor_on_update after update on public.conversation_reads
  for each row when (new.last_read_message_id is distinct from old.last_read_message_id and new.last_read_message_id is not null) execute function romashka.tell_visitor_of_reading();

do $$
declare
  signature text;
begin
  revoke execute on all functions in schema romashka from public;
  foreach signature in array array['begin_visitor(text, bytea)', 'find_visitor(text, bytea)', 'touch_visitors(uuid[])', 'end_visitor(uuid)', 'visitor_conversations(uuid)',
    'verify_visitor(text, bytea, bytea, text, text, text, text, jsonb, boolean)', 'take_visitor_message(uuid, text, text, text, text, text, jsonb, jsonb, uuid[])',
    'visitor_messages(uuid, timestamptz, uuid, timestamptz, uuid, uuid[], integer)', 'visitor_state(uuid)', 'visitor_read(uuid, uuid)', 'visitor_typing(uuid, boolean)',
    'visitor_rate(uuid, integer, text)', 'visitor_file(uuid, uuid)', 'typing_agents(uuid[])'] loop
    perform romashka.grant_function('romashka.' || signature, 'service_role');
  end loop;
end $$;
