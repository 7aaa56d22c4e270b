-- Purpose: by which channels a customer can be reached, and the deliveries by another channel than a message's own: a fallback, a mail of unread answers.
-- Invariants: a message goes by each kind of channel once at most (the key of message_delivery_tracking), by another only when it certainly did not arrive by the
-- first; who does not want to be written to is not; what was read in the chat is not mailed.
-- Who calls: send_message, the trigger of deliveries, the server's workers.
-- Lock risk: the row of the delivery concerned.

create or replace function romashka.guard_channel_settings() returns trigger language plpgsql set search_path = '' as $$
declare
  settings constant jsonb := new.configuration;
  fault text;
begin
  if jsonb_typeof(settings) <> 'object' then return new; end if; -- the CHECK's to refuse
  fault := case
    when settings ->> 'fallback_channel_type' not in ('whatsapp', 'email', 'sms', 'api') then 'fallback_channel_type is whatsapp, email, sms or api'
    when settings ->> 'unread_mail_minutes' !~ '^([0-9]{1,4}|10000)$' then 'unread_mail_minutes is a number of minutes from 0 (off) to 10000'
    when settings ->> 'unread_mail_page' !~ '^https?://[^\s]+$' then 'unread_mail_page is a web address' end;
  if fault is not null then
    raise exception 'configuration: %', fault using errcode = 'RM422';
  end if;
  return new;
end $$;
comment on function romashka.guard_channel_settings() is 'Trigger: what a channel says of falling back and of unread answers is of the right form.';
create or replace trigger communication_channels_20_guard before insert or update of configuration on public.communication_channels
  for each row execute function romashka.guard_channel_settings();

-- Asked where it is written, not in a CHECK, which every count of a conversation would pay for.
create or replace function romashka.guard_do_not_contact() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.do_not_contact_reason is not null and (new.do_not_contact_since is null or length(new.do_not_contact_reason) not between 1 and 500) then
    raise exception 'a reason of 1 to 500 characters goes with a customer who is not to be contacted' using errcode = 'RM422';
  end if;
  return new;
end $$;
comment on function romashka.guard_do_not_contact() is 'Trigger: why a customer is not contacted stands only where he is not.';
create or replace trigger customer_profiles_20_do_not_contact before update of do_not_contact_since, do_not_contact_reason on public.customer_profiles
  for each row execute function romashka.guard_do_not_contact();

create or replace function romashka.note_opt_in() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    -- That messages are wanted is what is taken for granted; that they are not, somebody has said.
    if not new.opt_in then new.opt_in_at := coalesce(new.opt_in_at, pg_catalog.now()); end if;
    if new.opt_in_at is not null then new.opt_in_source := coalesce(new.opt_in_source, romashka.actor_kind()); end if;
  elsif new.opt_in is distinct from old.opt_in then
    new.opt_in_at := case when new.opt_in_at is distinct from old.opt_in_at then new.opt_in_at else pg_catalog.now() end;
    new.opt_in_source := case when new.opt_in_source is distinct from old.opt_in_source then new.opt_in_source else romashka.actor_kind() end;
  end if;
  return new;
end $$;
comment on function romashka.note_opt_in() is 'Trigger: when a customer said whether he may be written to, and where that comes from.';
create or replace trigger customer_channel_preferences_10_opt_in before insert or update of opt_in on public.customer_channel_preferences
  for each row execute function romashka.note_opt_in();

-- After the row is there: an insert that finds the row there already changes no other.
create or replace function romashka.prefer_one_channel() returns trigger language plpgsql set search_path = '' as $$
begin
  update public.customer_channel_preferences as p set is_preferred = false
   where p.customer_id = new.customer_id and p.workspace_id = new.workspace_id and p.is_preferred and p.channel_type <> new.channel_type;
  return null;
end $$;
comment on function romashka.prefer_one_channel() is 'Trigger: a customer likes one channel best, the one that was named last.';
create or replace trigger customer_channel_preferences_20_prefer after insert on public.customer_channel_preferences
  for each row when (new.is_preferred) execute function romashka.prefer_one_channel();
create or replace trigger customer_channel_preferences_20_prefer_on_update after update of is_preferred on public.customer_channel_preferences
  for each row when (new.is_preferred and not old.is_preferred) execute function romashka.prefer_one_channel();

create or replace function romashka.sms_sender(settings jsonb) returns text language sql immutable parallel safe
return coalesce(nullif(btrim(settings ->> 'messaging_service_sid'), ''),
  substring(regexp_replace(settings ->> 'number', '[-\s().\/]', '', 'g') from '^\+[1-9][0-9]{1,14}$'), nullif(btrim(settings ->> 'sender'), ''));
comment on function romashka.sms_sender(jsonb) is 'As whom a channel of text messages writes: its messaging service, number or name. An opt-out is from that.';

create or replace function romashka.refusal_of(workspace uuid, customer uuid, channel_type text, channel uuid, recipient text, out code text, out words text)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_variable
-- Definer: asked for by verbs and workers that have checked the workspace.
declare
  stopped public.sms_opt_outs;
begin
  code := (select case when p.do_not_contact_since is not null then 'do_not_contact'
                       when (select not o.opt_in from public.customer_channel_preferences as o
                              where o.customer_id = p.id and o.workspace_id = p.workspace_id and o.channel_type = refusal_of.channel_type) then 'opted_out' end
             from public.customer_profiles as p where p.id = customer and p.workspace_id = refusal_of.workspace);
  words := case code when 'do_not_contact' then 'The customer does not want to be contacted.'
                     when 'opted_out' then 'The customer does not want messages on this channel.' end;
  if code is not null or channel_type <> 'sms' or recipient is null then return; end if;
  -- STOP is about two numbers, whoever the customer is.
  select o.* into stopped
    from (select x.configuration from public.communication_channels as x
           where x.workspace_id = refusal_of.workspace and x.type = 'sms' and (x.id = channel or channel is null and x.status = 'active')
           order by x.created_at, x.id limit 1) as ours
    join public.sms_opt_outs as o on o.our_number = romashka.sms_sender(ours.configuration)
   where o.workspace_id = refusal_of.workspace and o.customer_number = regexp_replace(recipient, '[-\s().\/]', '', 'g') and o.is_opted_out;
  if not found then return; end if;
  code := 'opted_out';
  words := format('%s (since %s, from %s). Nothing is sent to him until he writes START there.',
    case stopped.source when 'refusal' then 'Twilio refuses messages to this customer as he has opted out' else 'The customer has asked for no more text messages by STOP' end,
    to_char(stopped.changed_at at time zone 'UTC', 'YYYY-MM-DD'),
    case when starts_with(stopped.our_number, 'MG') then 'the numbers of this messaging service' else stopped.our_number end);
end $$;
comment on function romashka.refusal_of(uuid, uuid, text, uuid, text) is
  'Why a customer is not written to on a channel, and the words for an agent: do_not_contact, opted_out (what he wants of the kind of channel, or STOP to the number he would be written to from); nulls where he may be.';

create or replace function romashka.recipient_of(workspace uuid, customer uuid, channel_type text, channel uuid, number text) returns text
language plpgsql stable security definer set search_path = '' as $$
-- Definer: as refusal_of.
declare
  known text;
begin
  select i.external_id into known from public.customer_identities as i
   where i.customer_id = customer and i.workspace_id = workspace and i.channel_type = recipient_of.channel_type
     -- Each integration has ids of its own, so they begin with the channel's (36 characters and a colon).
     and (recipient_of.channel_type <> 'api' or starts_with(i.external_id, channel::text || ':'))
   order by (ltrim(i.external_id, '+') = ltrim(number, '+')) desc nulls last, i.last_seen_at desc nulls last limit 1;
  case recipient_of.channel_type
    when 'api' then return substr(known, 38);
    when 'email' then return coalesce(known, (select p.email from public.customer_profiles as p where p.id = customer and p.workspace_id = workspace));
    when 'whatsapp', 'sms' then
      return coalesce(known, number, (select p.phone from public.customer_profiles as p where p.id = customer and p.workspace_id = workspace));
    else return known;
  end case;
end $$;
comment on function romashka.recipient_of(uuid, uuid, text, uuid, text) is
  'To which number or address a customer is written: the one of the conversation, else the last he wrote from, else what his profile says. An address that was only typed in a chat is never taken.';

create or replace function romashka.last_inbound(workspace uuid, customer uuid, channel_type text) returns timestamptz language plpgsql stable security definer set search_path = '' as $$
-- Definer: as refusal_of.
begin
  return (select max(said.created_at) from public.conversations as talk
            join public.messages as said on said.conversation_id = talk.id and said.workspace_id = talk.workspace_id
           where talk.customer_id = customer and talk.workspace_id = workspace and said.channel_type = last_inbound.channel_type
             and said.sender_type = 'user' and not said.is_quiet);
end $$;
comment on function romashka.last_inbound(uuid, uuid, text) is 'When a customer last wrote by a kind of channel.';

create or replace function romashka.reach(talk public.conversations) returns table (channel_id uuid, channel_type text, name text, recipient text, is_own boolean,
  is_preferred boolean, can_send boolean, reason text, detail text, window_closes_at timestamptz) language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: as refusal_of.
declare
  number constant text := talk.customer_phone;
begin
  return query
    with place as (
      select x.id, x.type, x.name, x.status, x.created_at, x.id is not distinct from talk.channel_id or talk.channel_id is null and x.type = talk.channel_type::text as is_own
        from public.communication_channels as x
       where x.workspace_id = talk.workspace_id and (x.type <> 'website' or x.id = talk.channel_id)
      union all
      select null, 'website', 'website', 'active', null, true where talk.channel_type = 'website' and talk.channel_id is null),
    known as (
      select place.*, case when place.type = 'website' then talk.external_conversation_id
                           else romashka.recipient_of(talk.workspace_id, talk.customer_id, place.type, place.id, number) end as recipient,
             case when place.type = 'whatsapp' then romashka.last_inbound(talk.workspace_id, talk.customer_id, 'whatsapp') + interval '24 hours' end as closes_at,
             coalesce((select p.is_preferred from public.customer_channel_preferences as p
                        where p.customer_id = talk.customer_id and p.workspace_id = talk.workspace_id and p.channel_type = place.type), false) as is_liked
        from place),
    judged as (
      select known.*, refused.words, case
               when known.type in ('messenger', 'instagram') then 'not_supported'
               when known.status = 'inactive' or not known.is_own and known.status <> 'active' then 'channel_inactive'
               when known.type <> 'website' and known.recipient is null then 'no_address'
               when refused.code is not null then refused.code
               when known.type = 'whatsapp' and coalesce(known.closes_at, '-infinity') <= pg_catalog.now() then 'window_closed' end as reason
        from known
        left join lateral romashka.refusal_of(talk.workspace_id, talk.customer_id, known.type, known.id, known.recipient) as refused on known.type <> 'website')
    select j.id, j.type, j.name, j.recipient, j.is_own, j.is_liked, j.reason is null, j.reason,
           case j.reason when 'not_supported' then 'Messages of this kind of channel are not sent.' when 'channel_inactive' then 'The channel is not active.'
                when 'no_address' then 'The customer has no number or address on this channel.'
                when 'window_closed' then 'The customer has not written by WhatsApp within 24 hours: only a template may be sent.'
                else j.words end,
           j.closes_at
      from judged as j order by j.is_own desc, j.is_liked desc, j.created_at, j.id;
end $$;
comment on function romashka.reach(public.conversations) is 'Every channel by which an answer to a conversation could go, its own first, and why not by those by which it cannot.';

create or replace function public.reply_channels(conversation uuid, workspace uuid default public.current_workspace_id()) returns table (channel_id uuid, channel_type text, name text,
  recipient text, is_own boolean, is_usual boolean, is_preferred boolean, can_send boolean, reason text, detail text, window_closes_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: as refusal_of; the workspace is checked first.
declare
  talk public.conversations;
  usual record;
begin
  perform romashka.require_role(workspace, 'viewer');
  select * into talk from public.conversations as c where c.id = conversation and c.workspace_id = reply_channels.workspace;
  if not found then raise exception 'no such conversation' using errcode = 'RM404'; end if;
  select p.channel_type, p.channel_id into usual from romashka.reply_place(talk, null, null, 'text') as p;
  return query select r.channel_id, r.channel_type, r.name, case when r.channel_type <> 'website' then r.recipient end, r.is_own,
      r.channel_type = usual.channel_type and (r.channel_id is not distinct from usual.channel_id or usual.channel_id is null), r.is_preferred, r.can_send, r.reason, r.detail, r.window_closes_at
    from romashka.reach(talk) as r;
end $$;
comment on function public.reply_channels(uuid, uuid) is
  'By which channels the customer of a conversation can be answered now, with the reason where not; is_usual: by which he is answered when none is named.';

create or replace function romashka.reply_place(talk public.conversations, wanted_type text, wanted uuid, message_type text, out channel_type text, out channel_id uuid, out is_elsewhere boolean)
language plpgsql stable set search_path = '' as $$
#variable_conflict use_column
declare
  has_place boolean := false;
  own boolean;
  usable boolean;
  fault text;
  words text;
begin
  if wanted is not null or wanted_type is not null then
    select r.channel_type, r.channel_id, r.is_own, r.can_send, r.reason, r.detail into channel_type, channel_id, own, usable, fault, words from romashka.reach(talk) as r
     where (wanted is null or r.channel_id = wanted) and (wanted_type is null or r.channel_type = wanted_type)
     order by r.can_send desc, r.is_own desc limit 1;
    has_place := found;
    if not has_place then
      raise exception 'the workspace has no such channel to answer by' using errcode = 'RM422', hint = 'The reply channels of the conversation are those there are.';
    end if;
    if not usable and not (fault = 'window_closed' and message_type = 'template') then
      raise exception '%', rtrim(words, '.') using errcode = 'RM422', hint = 'The reply channels of the conversation say by which this customer can be reached.';
    end if;
  elsif talk.reply_channel_type is not null and talk.reply_channel_type::text <> talk.channel_type::text then
    select r.channel_type, r.channel_id, r.is_own into channel_type, channel_id, own from romashka.reach(talk) as r
     where r.channel_type = talk.reply_channel_type::text and r.can_send limit 1;
    has_place := found;
  end if;
  is_elsewhere := has_place and not own;
  if not is_elsewhere then
    channel_type := talk.channel_type;
    channel_id := talk.channel_id;
  end if;
end $$;
comment on function romashka.reply_place(public.conversations, text, uuid, text) is
  'By which channel an answer goes: the one that is asked for, refused (RM422) where the customer cannot be reached by it; else the one the routing rule wants where he can; else the conversation''s own.';

create or replace function romashka.place_answer(talk public.conversations, wanted_type text, wanted uuid, message_type text, out channel_type text, out channel_id uuid, out is_elsewhere boolean, out refusal text)
language plpgsql stable set search_path = '' as $$
begin
  channel_type := talk.channel_type;
  channel_id := talk.channel_id;
  is_elsewhere := false;
  -- By another channel than its own: because it was asked for, or because a rule says so and the customer can be reached there.
  if wanted is not null or wanted_type is not null or talk.reply_channel_type::text is distinct from talk.channel_type::text and talk.reply_channel_type is not null then
    select p.channel_type, p.channel_id, p.is_elsewhere into channel_type, channel_id, is_elsewhere
      from romashka.reply_place(talk, wanted_type, wanted, message_type) as p;
  end if;
  if channel_type <> 'website' then
    refusal := (romashka.refusal_of(talk.workspace_id, talk.customer_id, channel_type, channel_id,
      romashka.recipient_of(talk.workspace_id, talk.customer_id, channel_type, channel_id, talk.customer_phone))).words;
  end if;
end $$;
comment on function romashka.place_answer(public.conversations, text, uuid, text) is
  'Whoever answers, agent, schedule or assistant: the channel by which the answer goes (reply_place), whether that is another than its own, and in words why the customer is not to be written to.';

create or replace function romashka.expect_answer(workspace uuid, conversation uuid, customer uuid, channel_type text, channel uuid) returns void
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: called by send_message and the trigger of deliveries. A mail is answered by its Message-ID.
begin
  if customer is null or channel_type in ('email', 'website') then return; end if;
  insert into public.conversation_thread_keys as t (workspace_id, conversation_id, channel_type, channel_id, thread_key)
  values (workspace, conversation, expect_answer.channel_type, coalesce(channel, '00000000-0000-0000-0000-000000000000'), 'customer:' || customer)
  on conflict (workspace_id, channel_type, channel_id, thread_key) do update set conversation_id = excluded.conversation_id, created_at = excluded.created_at;
end $$;
comment on function romashka.expect_answer(uuid, uuid, uuid, text, uuid) is
  'Says that a customer was written to from a conversation of another channel, so that what he answers comes into it.';

create or replace function romashka.is_expected(workspace uuid, customer uuid, channel_type text, channel uuid, conversation uuid, key text, seen_at timestamptz) returns boolean
language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by ingest_message.
begin
  return exists (
    select from public.conversation_thread_keys as t join public.conversations as c on c.id = t.conversation_id and c.workspace_id = t.workspace_id
     where t.workspace_id = workspace and t.channel_type = is_expected.channel_type and t.channel_id = coalesce(channel, '00000000-0000-0000-0000-000000000000') and t.thread_key = key
       and c.id = conversation and c.customer_id = customer and t.created_at > seen_at - interval '7 days'
       and (c.status in ('active', 'escalated') or c.status = 'resolved' and c.resolved_at > seen_at - interval '7 days')
       -- Nobody has written to him in a talk of this channel's own since.
       and not exists (select from public.conversations as o join public.messages as m on m.conversation_id = o.id and m.workspace_id = o.workspace_id
            where o.customer_id = customer and o.workspace_id = workspace and o.id <> c.id and m.channel_type = is_expected.channel_type
              and m.sender_type <> 'user' and m.created_at > t.created_at));
end $$;
comment on function romashka.is_expected(uuid, uuid, text, uuid, uuid, text, timestamptz) is
  'Whether a customer''s message answers what was written to him last from a conversation of another channel, within seven days.';

create or replace function romashka.fall_back() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is written by triggers and verbs only.
declare
  said public.messages;
  talk public.conversations;
  wanted text;
  place record;
begin
  if new.delivery_status in ('delivered', 'read') then
    -- It had arrived after all: what has not gone by the other channel stays.
    update public.message_delivery_tracking as d set delivery_status = 'cancelled'
     where d.message_id = new.message_id and d.workspace_id = new.workspace_id and d.purpose = 'fallback' and d.delivery_status = 'queued';
    return null;
  end if;
  -- What may have arrived is not said twice; who does not want to be written to is not written to by another way.
  if new.is_uncertain or new.parts_sent > 0 or new.error_details ->> 'code' in ('opted_out', 'do_not_contact', '21610') then return null; end if;
  select * into said from public.messages as m where m.id = new.message_id and m.workspace_id = new.workspace_id;
  if said.message_type not in ('text', 'image', 'audio', 'video', 'document') then return null; end if;
  select * into talk from public.conversations as c where c.id = said.conversation_id and c.workspace_id = new.workspace_id;
  wanted := coalesce(talk.fallback_channel_type, (select x.configuration ->> 'fallback_channel_type' from public.communication_channels as x
    where x.id = said.channel_id and x.workspace_id = new.workspace_id));
  if wanted is null or wanted = new.channel_type then return null; end if;
  select * into place from romashka.reach(talk) as r where r.channel_type = wanted and r.can_send and r.channel_type <> 'website' limit 1;
  if not found then return null; end if;
  insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, channel_id, purpose, delivery_status, max_retries)
  values (new.workspace_id, new.message_id, place.channel_type, place.channel_id, 'fallback', 'queued', case when place.channel_type = 'email' then 12 else 7 end)
  on conflict (message_id, workspace_id, channel_type) do nothing;
  if not found then return null; end if;
  update public.messages as m set delivery_status = 'queued' where m.id = new.message_id and m.workspace_id = new.workspace_id;
  perform romashka.expect_answer(new.workspace_id, talk.id, talk.customer_id, place.channel_type, place.channel_id);
  perform romashka.record_event(new.workspace_id, 'message.redirected', 'message', new.message_id, talk.id,
    jsonb_build_object('from', new.channel_type, 'to', place.channel_type, 'channel_id', place.channel_id, 'error', new.error_details));
  return null;
end $$;
comment on function romashka.fall_back() is
  'Trigger: a message that certainly cannot be delivered goes by the channel that the conversation''s rule or its channel names for that case, once.';
create or replace trigger message_delivery_tracking_30_fall_back after update of delivery_status on public.message_delivery_tracking for each row
  when (new.purpose = 'answer' and old.delivery_status is distinct from new.delivery_status
    and (new.delivery_status in ('failed', 'dead') or old.delivery_status in ('failed', 'dead') and new.delivery_status in ('delivered', 'read')))
  execute function romashka.fall_back();

-- Answers that were not read in the chat ---------------------------------------------------------------------------------

create or replace function romashka.plan_unread_mail(workspace uuid, conversation uuid, channel uuid, message uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called by store_answer.
declare
  place record;
  wait interval;
begin
  select x.configuration ->> 'unread_mail_minutes' as minutes, x.configuration ->> 'unread_mail_channel_id' as mailbox into place
    from public.communication_channels as x where x.id = channel and x.workspace_id = plan_unread_mail.workspace;
  if place.minutes is null or place.minutes !~ '^[0-9]{1,5}$' or place.minutes::integer = 0 then return; end if;
  wait := make_interval(mins => place.minutes::integer);
  -- One that waits already takes this answer along.
  -- Locked, so that no worker composes it before this answer is committed.
  perform from public.message_delivery_tracking as d where d.workspace_id = plan_unread_mail.workspace and d.ordering_key = 'unread:' || conversation
     and d.delivery_status = 'queued' for update;
  if found then return; end if;
  insert into public.message_delivery_tracking (workspace_id, message_id, channel_type, channel_id, purpose, delivery_status, max_retries, ordering_key, send_after)
  select plan_unread_mail.workspace, message, 'email', x.id, 'unread', 'queued', 12, 'unread:' || conversation, pg_catalog.now() + wait
    from public.communication_channels as x
   where x.workspace_id = plan_unread_mail.workspace and x.type = 'email' and x.status = 'active' and (place.mailbox is null or x.id::text = place.mailbox)
   order by x.created_at, x.id limit 1
  on conflict (message_id, workspace_id, channel_type) do nothing;
end $$;
comment on function romashka.plan_unread_mail(uuid, uuid, uuid, uuid) is
  'Puts a mail of unread answers on the queue, due after the minutes that the website''s channel says (unread_mail_minutes); none where it says nothing or no mailbox is active.';

create or replace function romashka.compose_unread_mail(delivery uuid, lease uuid, workspace uuid) returns jsonb language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone.
declare
  due public.message_delivery_tracking;
  talk public.conversations;
  since timestamptz;
  until timestamptz;
  address text;
  fault text;
begin
  select * into due from public.message_delivery_tracking as d
   where d.id = delivery and d.workspace_id = compose_unread_mail.workspace and d.lease_id = lease and d.delivery_status = 'sending' and d.purpose = 'unread' for update;
  if not found then return null; end if;
  select c.* into talk from public.messages as m join public.conversations as c on c.id = m.conversation_id and c.workspace_id = m.workspace_id
   where m.id = due.message_id and m.workspace_id = due.workspace_id;
  since := coalesce((select max(d.covers_until) from public.messages as m
      join public.message_delivery_tracking as d on d.message_id = m.id and d.workspace_id = m.workspace_id
     where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and d.purpose = 'unread' and d.id <> due.id and d.delivery_status in ('sent', 'delivered', 'read')), '-infinity');
  -- Another attempt at the same mail says the same.
  until := coalesce(due.covers_until, (select max(m.created_at) from public.messages as m
     where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and m.channel_type = 'website' and m.sender_type <> 'user' and m.delivery_status <> 'read'));
  -- What the customer typed in the chat is good for this one purpose: he has asked for the answer, and it is he who gets it.
  address := coalesce(romashka.recipient_of(talk.workspace_id, talk.customer_id, 'email', null, null), talk.user_email,
    (select s.email from romashka.visitor_sessions as s where s.workspace_id = talk.workspace_id and s.visitor = talk.external_conversation_id and s.email is not null
      order by s.last_seen_at desc limit 1),
    (select p.custom_fields ->> 'claimed_email' from public.customer_profiles as p where p.id = talk.customer_id and p.workspace_id = talk.workspace_id));
  fault := case
    when not exists (select from public.messages as m where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and m.channel_type = 'website'
          and m.sender_type <> 'user' and m.delivery_status <> 'read' and m.created_at > since and m.created_at <= until) then 'read'
    when due.created_at < pg_catalog.now() - interval '3 days' then 'expired'
    else (romashka.refusal_of(talk.workspace_id, talk.customer_id, 'email', due.channel_id, address)).code end;
  if fault is null and address is null then fault := 'no_address'; end if;
  if fault is not null then
    update public.message_delivery_tracking as d set delivery_status = 'cancelled', error_details = jsonb_build_object('code', fault)
     where d.id = due.id and d.workspace_id = due.workspace_id;
    return null;
  end if;
  if due.covers_until is null and exists (select from romashka.visitor_sessions as s
       where s.workspace_id = talk.workspace_id and s.visitor = talk.external_conversation_id and s.last_seen_at > pg_catalog.now() - interval '2 minutes') then
    -- He is there. Once he has gone without having read it, it is mailed.
    perform public.postpone_delivery(due.id, lease, interval '1 minute');
    return null;
  end if;
  update public.message_delivery_tracking as d set covers_until = until where d.id = due.id and d.workspace_id = due.workspace_id;
  return jsonb_build_object('recipient', address, 'company', (select w.name from public.workspaces as w where w.id = talk.workspace_id),
    'subject', (select x.configuration ->> 'unread_mail_subject' from public.communication_channels as x where x.id = talk.channel_id and x.workspace_id = talk.workspace_id),
    'page', (select x.configuration ->> 'unread_mail_page' from public.communication_channels as x where x.id = talk.channel_id and x.workspace_id = talk.workspace_id),
    'messages', (select jsonb_agg(jsonb_build_object('content', m.content, 'agent', p.full_name) order by m.created_at, m.id)
       from public.messages as m left join public.profiles as p on p.id = m.sender_id
      where m.conversation_id = talk.id and m.workspace_id = talk.workspace_id and m.channel_type = 'website' and m.sender_type <> 'user'
        and (m.delivery_status <> 'read' or due.covers_until is not null) and m.created_at > since and m.created_at <= until));
end $$;
comment on function romashka.compose_unread_mail(uuid, uuid, uuid) is
  'What a mail of unread answers says, and to whom; null when it is not to be sent: read meanwhile, nowhere to send it, unwanted (the delivery is cancelled), or the visitor is there (it waits).';

create or replace function romashka.stop_mails(delivery uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the service's alone, for whoever holds the link in such a mail. It takes messages back and shows nothing.
declare
  who record;
begin
  select c.customer_id, c.workspace_id into who from public.message_delivery_tracking as d
    join public.messages as m on m.id = d.message_id and m.workspace_id = d.workspace_id
    join public.conversations as c on c.id = m.conversation_id and c.workspace_id = m.workspace_id
   where d.id = delivery and d.purpose = 'unread' and d.covers_until is not null and c.customer_id is not null;
  if not found then return false; end if;
  set local romashka.actor_kind = 'customer';
  insert into public.customer_channel_preferences as p (workspace_id, customer_id, channel_type, opt_in, opt_in_at, opt_in_source)
  values (who.workspace_id, who.customer_id, 'email', false, pg_catalog.now(), 'link')
  on conflict (customer_id, workspace_id, channel_type) do update set opt_in = false, opt_in_at = excluded.opt_in_at, opt_in_source = excluded.opt_in_source where p.opt_in;
  return true;
end $$;
comment on function romashka.stop_mails(uuid) is 'The customer of a mail of unread answers wants no more mails. False where no such mail was sent.';

do $$
declare
  signature text;
begin
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_members('public.reply_channels(uuid, uuid)');
  foreach signature in array array['refusal_of(uuid, uuid, text, uuid, text)', 'recipient_of(uuid, uuid, text, uuid, text)', 'last_inbound(uuid, uuid, text)',
    'compose_unread_mail(uuid, uuid, uuid)', 'stop_mails(uuid)'] loop
    perform romashka.grant_function('romashka.' || signature, 'service_role');
  end loop;
end $$;
