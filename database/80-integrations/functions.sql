-- Purpose: the queues out: deliveries to customers, webhooks to subscribers, exchange with other systems.
-- Invariants: an item is held by one worker at a time and never before an earlier one of its key; a lost worker's items come back; nothing is tried
--   for ever; a delivery never goes backwards; an event is put out once for each subscription.
-- Who calls: the server's workers (service_role); admins replay.
-- Lock risk: row locks on queued items, skipped by whoever claims; enqueue_webhook_deliveries locks its workspace's cursor.
do $$ begin
  perform romashka.ensure_partitions('webhook_logs', current_date, current_date + 62);
end $$;

create or replace trigger integrations_10_author before insert on public.integrations
  for each row when (new.created_by is null) execute function romashka.fill_author();

-- Deliveries to customers ---------------------------------------------------------------------------------------------------

create or replace function romashka.delivery_rank(status text) returns integer language sql immutable parallel safe
return case status when 'queued' then 0 when 'sending' then 1 when 'sent' then 2 when 'failed' then 3 when 'dead' then 3 when 'cancelled' then 3
                   when 'delivered' then 4 when 'read' then 5 end;
comment on function romashka.delivery_rank(text) is 'How far a delivery has come; failed and dead are further than sent, and what proves arrival is further than they are.';

create or replace function romashka.prepare_delivery() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: reads the message, whoever queues it.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if tg_op = 'INSERT' then
    if new.ordering_key is null then
      select m.conversation_id::text into new.ordering_key from public.messages as m where m.id = new.message_id and m.workspace_id = new.workspace_id;
    end if;
    if new.send_after > new.next_attempt_at then new.next_attempt_at := new.send_after; end if;
  elsif romashka.delivery_rank(new.delivery_status) < romashka.delivery_rank(old.delivery_status)
        and not (old.delivery_status = 'sending' and new.delivery_status = 'queued')
        and not (old.delivery_status in ('failed', 'dead') and new.delivery_status = 'queued' and new.attempt_count = 0)
        -- What was not known is known now.
        and not (old.is_uncertain and not new.is_uncertain and new.delivery_status = 'sent') then
    -- Providers report out of order: what comes late changes nothing but the times that were not known.
    new.delivery_status := old.delivery_status;
    new.lease_id := old.lease_id;
  end if;
  if new.delivery_status <> 'sending' then new.lease_id := null; new.locked_by := null; end if;
  if new.delivery_status in ('sent', 'delivered', 'read') then new.sent_at := coalesce(new.sent_at, at); end if;
  if new.delivery_status in ('delivered', 'read') then new.delivery_timestamp := coalesce(new.delivery_timestamp, at); end if;
  if new.delivery_status = 'read' then new.read_timestamp := coalesce(new.read_timestamp, at); end if;
  return new;
end $$;
comment on function romashka.prepare_delivery() is 'Trigger: a delivery is in the order of its conversation, never goes backwards, and its times are kept.';
create or replace trigger message_delivery_tracking_10_insert before insert on public.message_delivery_tracking
  for each row execute function romashka.prepare_delivery();
create or replace trigger message_delivery_tracking_10_update before update on public.message_delivery_tracking
  for each row execute function romashka.prepare_delivery();

create or replace function romashka.report_delivery() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the message shows how far it has come, whoever brings the news.
declare
  shown constant text := case new.delivery_status when 'dead' then 'failed' else new.delivery_status end;
  conversation uuid;
begin
  -- A mail of what was not read in the chat says nothing of how far the answer has come there.
  if new.purpose = 'unread' then
    if shown = 'sent' then
      perform romashka.record_event(new.workspace_id, 'message.mailed', 'message', new.message_id,
        (select m.conversation_id from public.messages as m where m.id = new.message_id and m.workspace_id = new.workspace_id));
    end if;
    return null;
  end if;
  -- What was to go by another channel and need not any more says nothing either: the message has arrived.
  if new.purpose = 'fallback' and shown = 'cancelled' then return null; end if;
  update public.messages as m set delivery_status = shown
   where m.id = new.message_id and m.workspace_id = new.workspace_id and m.delivery_status <> shown
  returning m.conversation_id into conversation;
  if found and shown in ('sent', 'delivered', 'read', 'failed') then
    perform romashka.record_event(new.workspace_id, 'message.' || shown, 'message', new.message_id, conversation,
      jsonb_strip_nulls(jsonb_build_object('channel_type', new.channel_type, 'external_message_id', new.external_message_id, 'error', new.error_details)));
  end if;
  return null;
end $$;
comment on function romashka.report_delivery() is 'Trigger: the message shows the state of its delivery, and each step is an event.';
create or replace trigger message_delivery_tracking_20_report after update of delivery_status on public.message_delivery_tracking
  for each row when (old.delivery_status is distinct from new.delivery_status and new.delivery_status <> 'sending') execute function romashka.report_delivery();

create or replace function public.claim_deliveries(batch_size integer default 20, worker text default null, lease interval default '2 minutes',
  workspace uuid default null, channel text default null) returns setof public.message_delivery_tracking
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces unless one is named.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  wanted constant integer := greatest(1, least(batch_size, 1000));
begin
  with lost as materialized (
    select x.id, x.workspace_id from public.message_delivery_tracking as x
     where x.delivery_status = 'sending' and x.next_attempt_at <= at and x.attempt_count > x.max_retries
       and (workspace is null or x.workspace_id = workspace) and (channel is null or x.channel_type = channel)
     limit wanted for update skip locked)
  update public.message_delivery_tracking as d
     set delivery_status = 'dead', is_uncertain = true, error_details = coalesce(d.error_details, '{"message": "the worker did not come back"}')
    from lost where d.id = lost.id and d.workspace_id = lost.workspace_id;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id from public.message_delivery_tracking as x
       where x.delivery_status in ('queued', 'sending') and x.next_attempt_at <= at
         and (workspace is null or x.workspace_id = workspace) and (channel is null or x.channel_type = channel)
         and not (x.delivery_status = 'sending' and x.attempt_count > x.max_retries)
         and not exists (select from public.message_delivery_tracking as earlier
               where earlier.workspace_id = x.workspace_id and earlier.ordering_key = x.ordering_key and earlier.delivery_status in ('queued', 'sending')
                 and (earlier.send_after, earlier.id) < (x.send_after, x.id))
       order by x.next_attempt_at limit wanted for update of x skip locked)
    update public.message_delivery_tracking as d
       set delivery_status = 'sending', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = d.attempt_count + 1,
           retry_count = d.attempt_count, is_uncertain = d.is_uncertain or d.delivery_status = 'sending'
      from chosen where d.id = chosen.id and d.workspace_id = chosen.workspace_id
    returning d.*;
end $$;
comment on function public.claim_deliveries(integer, text, interval, uuid, text) is
  'Takes up to batch_size messages that are due for sending, none while an earlier one of its conversation is open. is_uncertain: an earlier worker may have sent it already.';

create or replace function public.begin_delivery(delivery uuid, lease uuid, parts integer default 0, length interval default '2 minutes') returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update public.message_delivery_tracking as d set attempted_at = at, parts_sent = greatest(d.parts_sent, parts), next_attempt_at = at + length
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending';
  return found;
end $$;
comment on function public.begin_delivery(uuid, uuid, integer, interval) is
  'Says, before a message goes to its provider, that it does, so that a worker that is lost before leaves no doubt. parts: how many parts of it were taken already. False when the lease is lost: do not send.';

create or replace function public.postpone_delivery(delivery uuid, lease uuid, wait interval, error jsonb default null) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update public.message_delivery_tracking as d
     set delivery_status = 'queued', attempt_count = greatest(d.attempt_count - 1, 0), retry_count = greatest(d.attempt_count - 2, 0), next_attempt_at = at + wait,
         error_details = coalesce(error, d.error_details), attempted_at = null
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending';
  return found;
end $$;
comment on function public.postpone_delivery(uuid, uuid, interval, jsonb) is 'Gives a message back that was not tried, and not before the wait is over. It counts as no attempt. False when the lease is lost.';

create or replace function public.slow_channel(channel uuid, wait interval, workspace uuid) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  until constant timestamptz := pg_catalog.clock_timestamp() + wait;
  slowed integer;
begin
  update public.message_delivery_tracking as d set next_attempt_at = until
    from public.messages as m
   where m.id = d.message_id and m.workspace_id = d.workspace_id and coalesce(d.channel_id, m.channel_id) = channel and d.workspace_id = workspace
     and d.delivery_status = 'queued' and d.next_attempt_at < until;
  get diagnostics slowed = row_count;
  return slowed;
end $$;
comment on function public.slow_channel(uuid, interval, uuid) is 'Lets everything that waits for a channel wait at least this long, because its provider asked for it; returns how many messages.';

create or replace function public.complete_delivery(delivery uuid, lease uuid, external_id text default null) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  update public.message_delivery_tracking as d
     set delivery_status = 'sent', external_message_id = coalesce(external_id, d.external_message_id), error_details = null, is_uncertain = false, attempted_at = null
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending';
  return found;
end $$;
comment on function public.complete_delivery(uuid, uuid, text) is 'Says that a message was sent, and under which id the provider will speak of it. False when the lease is lost.';

create or replace function public.fail_delivery(delivery uuid, lease uuid, error jsonb, permanent boolean default false, uncertain boolean default false,
  retry_after interval default null) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  outcome text;
begin
  update public.message_delivery_tracking as d
     set delivery_status = case when permanent then 'failed' when d.attempt_count > d.max_retries then 'dead' else 'queued' end,
         next_attempt_at = at + greatest(retry_after, romashka.backoff(d.attempt_count, '5 seconds', '1 hour', luck)), error_details = error,
         is_uncertain = d.is_uncertain or uncertain, attempted_at = null
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending'
  returning d.delivery_status into outcome;
  return outcome;
end $$;
comment on function public.fail_delivery(uuid, uuid, jsonb, boolean, boolean, interval) is
  'Gives a message back after a failed attempt: queued again, dead after the last attempt, failed when permanent. uncertain: it may have been sent all the same. Null when the lease is lost.';

create or replace function public.record_delivery_status(channel text, external_id text, status text, at timestamptz default null, error jsonb default null,
  workspace uuid default public.current_workspace_id()) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  moment constant timestamptz := coalesce(at, pg_catalog.now());
begin
  if status is null or status not in ('sent', 'delivered', 'read', 'failed') then
    raise exception 'unknown status %', status using errcode = 'RM400', hint = 'sent, delivered, read or failed';
  end if;
  update public.message_delivery_tracking as d
     set delivery_status = status,
         sent_at = case when status = 'sent' then coalesce(d.sent_at, moment) else d.sent_at end,
         delivery_timestamp = case when status in ('delivered', 'read') then coalesce(d.delivery_timestamp, moment) else d.delivery_timestamp end,
         read_timestamp = case when status = 'read' then coalesce(d.read_timestamp, moment) else d.read_timestamp end,
         error_details = case when status = 'failed' then coalesce(error, d.error_details) else d.error_details end
   where d.workspace_id = workspace and d.channel_type = channel and d.external_message_id = external_id;
  return found;
end $$;
comment on function public.record_delivery_status(text, text, text, timestamptz, jsonb, uuid) is
  'Takes in what a provider says of a message. What comes late or twice changes nothing. False when no message has the id (yet).';

create or replace function public.record_delivery_report(delivery uuid, part integer, channel text, external_id text, status text, at timestamptz default null, error jsonb default null,
  workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  known public.message_delivery_tracking;
begin
  if public.record_delivery_status(channel, external_id, status, at, error, workspace) then return 'recorded'; end if;
  select * into known from public.message_delivery_tracking as d where d.id = delivery and d.workspace_id = workspace and d.channel_type = channel for update;
  if not found then return 'unknown'; end if;
  -- The answer to the request has not been written down yet, or another part is about to follow.
  if known.delivery_status in ('queued', 'sending') then return 'early'; end if;
  if known.is_uncertain and known.external_message_id is null and known.delivery_status in ('failed', 'dead') and status <> 'failed'
     and part + 1 = coalesce((known.error_details ->> 'parts')::integer, 1) then
    update public.message_delivery_tracking as d set external_message_id = external_id, is_uncertain = false, delivery_status = 'sent', error_details = null
     where d.id = delivery and d.workspace_id = workspace;
    perform public.record_delivery_status(channel, external_id, status, at, error, workspace);
    return 'recorded';
  end if;
  -- A text in several messages has come as far as its last one, and failed with any.
  if status = 'failed' and known.delivery_status = 'sent' then
    update public.message_delivery_tracking as d set delivery_status = 'failed', error_details = error where d.id = delivery and d.workspace_id = workspace;
    return 'recorded';
  end if;
  return 'known';
end $$;
comment on function public.record_delivery_report(uuid, integer, text, text, text, timestamptz, jsonb, uuid) is
  'As record_delivery_status, for a report that brings our own id of the delivery back: it also tells what became of a message whose answer was lost. recorded, known (nothing to change), early (come again), or unknown.';

create or replace function romashka.send_again(deliveries uuid[], workspace uuid) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: called by the two verbs below, which have checked who asks.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  queued integer;
begin
  -- Of a message in parts, those that were sent are not sent again, unless all were and the provider could not bring it. What failed for sure is heard of
  -- no more under its old id; what may have arrived keeps it, so that the news of it ends the second attempt.
  update public.message_delivery_tracking as d
     set delivery_status = 'queued', attempt_count = 0, retry_count = 0, next_attempt_at = at, is_uncertain = false, attempted_at = null, error_details = null,
         parts_sent = case when d.sent_at is null then d.parts_sent else 0 end, sent_at = null,
         external_message_id = case when d.is_uncertain then d.external_message_id end
   where d.id = any (deliveries) and d.workspace_id = send_again.workspace and d.delivery_status in ('failed', 'dead');
  get diagnostics queued = row_count;
  return queued;
end $$;
comment on function romashka.send_again(uuid[], uuid) is 'Puts deliveries that have failed back on the queue; returns how many.';

create or replace function public.replay_deliveries(deliveries uuid[] default null, since timestamptz default null, workspace uuid default public.current_workspace_id())
returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write deliveries himself.
begin
  perform romashka.require_role(workspace, 'admin');
  if deliveries is null and since is null then raise exception 'say which: by id or since when' using errcode = 'RM400'; end if;
  return romashka.send_again(array(
    select d.id from public.message_delivery_tracking as d
     where d.workspace_id = replay_deliveries.workspace and d.delivery_status in ('failed', 'dead')
       -- What went by another channel instead does not go a second time.
       and not exists (select from public.message_delivery_tracking as o where o.message_id = d.message_id and o.workspace_id = d.workspace_id and o.id <> d.id
                        and o.purpose = 'fallback' and o.delivery_status not in ('failed', 'dead', 'cancelled'))
       and (deliveries is null or d.id = any (deliveries)) and (since is null or d.created_at >= since)), workspace);
end $$;
comment on function public.replay_deliveries(uuid[], timestamptz, uuid) is 'Puts failed and dead messages back on the queue, by id or since a moment; returns how many.';

create or replace function public.retry_message(message uuid, even_if_uncertain boolean default false, workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write deliveries himself.
declare
  said public.messages;
  talk public.conversations;
  tried public.message_delivery_tracking;
  refusal text;
begin
  perform romashka.require_role(workspace, 'agent');
  select m.* into said from public.messages as m where m.id = message and m.workspace_id = workspace;
  if not found then raise exception 'no such message' using errcode = 'RM404'; end if;
  select c.* into talk from public.conversations as c where c.id = said.conversation_id and c.workspace_id = workspace;
  -- All of them first, and in one order: a report may be changing any.
  perform from public.message_delivery_tracking as d where d.message_id = message and d.workspace_id = workspace and d.purpose <> 'unread' order by d.id for update;
  -- The last attempt is the one that is repeated; none is while the message is on its way, or has come, by another channel.
  select d.* into tried from public.message_delivery_tracking as d
   where d.message_id = message and d.workspace_id = workspace and d.purpose <> 'unread' and d.delivery_status in ('failed', 'dead')
     and not exists (select from public.message_delivery_tracking as o where o.message_id = d.message_id and o.workspace_id = d.workspace_id and o.purpose <> 'unread'
                      and (o.delivery_status in ('queued', 'sending', 'sent', 'delivered', 'read') or (o.created_at, o.id) > (d.created_at, d.id)));
  if not found then
    raise exception 'the message has not failed' using errcode = 'RM409', hint = 'Only a message whose delivery has failed is sent again.';
  end if;
  if tried.is_uncertain and not even_if_uncertain then
    raise exception 'it may have arrived' using errcode = 'RM409', hint = 'Nobody knows whether the channel took it. Ask for it with even_if_uncertain where twice is better than never.';
  end if;
  refusal := (romashka.refusal_of(workspace, talk.customer_id, tried.channel_type, coalesce(tried.channel_id, said.channel_id),
    romashka.recipient_of(workspace, talk.customer_id, tried.channel_type, coalesce(tried.channel_id, said.channel_id), talk.customer_phone))).words;
  if refusal is not null then raise exception '%', refusal using errcode = 'RM422'; end if;
  perform romashka.send_again(array[tried.id], workspace);
  perform romashka.record_event(workspace, 'message.retried', 'message', message, said.conversation_id,
    jsonb_build_object('channel_type', tried.channel_type, 'even_if_uncertain', tried.is_uncertain));
  return tried.channel_type;
end $$;
comment on function public.retry_message(uuid, boolean, uuid) is
  'Sends a message again whose last delivery has failed, and returns the kind of channel. RM409 when it has not, or when it may have arrived and that is not asked for; RM422 when the customer does not want to be written to.';

-- Webhooks to subscribers -----------------------------------------------------------------------------------------------------

create or replace function public.enqueue_webhook_deliveries(workspace uuid default null, batch_size integer default 500) returns integer
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone. Who finds a workspace's cursor locked goes on.
declare
  horizon constant xid8 := romashka.in_ledger(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));
  here uuid;
  page record;
  made integer;
  total integer := 0;
begin
  for here in select distinct s.workspace_id from public.webhook_subscriptions as s
               where s.is_active and (enqueue_webhook_deliveries.workspace is null or s.workspace_id = enqueue_webhook_deliveries.workspace) loop
    insert into public.event_cursors (workspace_id, reader, transaction_id) values (here, 'webhooks', horizon) on conflict (workspace_id, reader) do nothing;
    select * into page from romashka.take_ledger_page(here, 'webhooks', batch_size);
    continue when page.to_transaction is null;
    -- Events about webhooks themselves are not put out: a failing subscriber would feed itself.
    insert into public.webhook_logs (workspace_id, webhook_subscription_id, event_id, event_type, ordering_key, payload)
    select here, s.id, e.id, e.kind, coalesce(e.conversation_id, e.subject_id)::text,
           jsonb_build_object('type', e.kind, 'timestamp', to_char(e.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'sequence', e.id,
             'data', e.payload || jsonb_strip_nulls(jsonb_build_object(e.subject_type || '_id', e.subject_id, 'conversation_id', e.conversation_id,
               'actor', jsonb_build_object('kind', e.actor_kind, 'id', e.actor_id))))
      from public.events as e
      join public.webhook_subscriptions as s on s.workspace_id = here and s.is_active and e.recorded_at >= s.created_at
       and s.event_type in ('*', split_part(e.kind, '.', 1) || '.*', e.kind)
     where e.workspace_id = here and (e.transaction_id, e.id) > (page.after_transaction, page.after_event)
       and (e.transaction_id, e.id) <= (page.to_transaction, page.to_event) and e.kind not like 'webhook.%'
     order by e.transaction_id, e.id;
    get diagnostics made = row_count;
    total := total + made;
  end loop;
  return total;
end $$;
comment on function public.enqueue_webhook_deliveries(uuid, integer) is
  'Reads the ledger on from where it stopped and puts each event out for each active subscription to it, once; returns how many deliveries were made.';

-- The first cursor begins where the first subscription does, not with the history.
create or replace function romashka.begin_webhook_cursor() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: cursors belong to the service.
declare
  horizon constant xid8 := romashka.in_ledger(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()));
begin
  insert into public.event_cursors (workspace_id, reader, transaction_id) values (new.workspace_id, 'webhooks', horizon) on conflict (workspace_id, reader) do nothing;
  return null;
end $$;
comment on function romashka.begin_webhook_cursor() is 'Trigger: the reader "webhooks" starts with the first subscription.';
create or replace trigger webhook_subscriptions_20_cursor after insert on public.webhook_subscriptions
  for each row execute function romashka.begin_webhook_cursor();

create or replace function romashka.prepare_webhook_log() returns trigger language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  -- A writer of earlier versions logs an answer: that is not an order to send.
  if tg_op = 'INSERT' and new.status = 'pending' and (new.response_status is not null or new.error_message is not null) then
    new.status := case when new.response_status between 200 and 299 then 'succeeded' else 'failed' end;
  end if;
  if new.status <> 'sending' then new.lease_id := null; new.locked_by := null; end if;
  new.completed_at := case when new.status in ('succeeded', 'failed', 'dead') then coalesce(new.completed_at, at) end;
  return new;
end $$;
comment on function romashka.prepare_webhook_log() is 'Trigger: the end of a delivery is dated; a logged answer is not sent again.';
create or replace trigger webhook_logs_10_insert before insert on public.webhook_logs for each row execute function romashka.prepare_webhook_log();
create or replace trigger webhook_logs_10_update before update on public.webhook_logs for each row execute function romashka.prepare_webhook_log();

create or replace function public.claim_webhook_deliveries(batch_size integer default 20, worker text default null, lease interval default '2 minutes',
  workspace uuid default null) returns setof public.webhook_logs
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces unless one is named.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  wanted constant integer := greatest(1, least(batch_size, 1000));
begin
  with lost as materialized (
    select x.id, x.workspace_id, x.created_at from public.webhook_logs as x
      join public.webhook_subscriptions as s on s.id = x.webhook_subscription_id and s.workspace_id = x.workspace_id
     where x.status = 'sending' and x.next_attempt_at <= at and x.attempt_count > s.retry_count and (workspace is null or x.workspace_id = workspace)
     limit wanted for update of x skip locked)
  update public.webhook_logs as l set status = 'dead', error_message = coalesce(l.error_message, 'the worker did not come back')
    from lost where l.id = lost.id and l.workspace_id = lost.workspace_id and l.created_at = lost.created_at;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id, x.created_at from public.webhook_logs as x
        join public.webhook_subscriptions as s on s.id = x.webhook_subscription_id and s.workspace_id = x.workspace_id and s.is_active
       where x.status in ('pending', 'sending') and x.next_attempt_at <= at and (workspace is null or x.workspace_id = workspace)
         and not (x.status = 'sending' and x.attempt_count > s.retry_count)
         and not exists (select from public.webhook_logs as earlier
               where earlier.workspace_id = x.workspace_id and earlier.webhook_subscription_id = x.webhook_subscription_id
                 and earlier.ordering_key = x.ordering_key and earlier.status in ('pending', 'sending')
                 and (earlier.created_at, earlier.id) < (x.created_at, x.id))
       order by x.next_attempt_at limit wanted for update of x skip locked)
    update public.webhook_logs as l
       set status = 'sending', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = l.attempt_count + 1
      from chosen where l.id = chosen.id and l.workspace_id = chosen.workspace_id and l.created_at = chosen.created_at
    returning l.*;
end $$;
comment on function public.claim_webhook_deliveries(integer, text, interval, uuid) is
  'Takes up to batch_size events to be put out, of active subscriptions, none while an earlier one of its conversation is open for the same subscriber.';

create or replace function public.complete_webhook_delivery(delivery uuid, lease uuid, http_status integer, duration_ms integer default null, answer text default null) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  done public.webhook_logs;
begin
  update public.webhook_logs as l
     set status = 'succeeded', response_status = http_status, response_body = left(answer, 4000), processing_time_ms = duration_ms, error_message = null,
         attempts = l.attempts || jsonb_build_object('at', at, 'status', http_status, 'ms', duration_ms)
   where l.id = delivery and l.lease_id = lease and l.status = 'sending' returning * into done;
  if done.id is null then return false; end if;
  update public.webhook_subscriptions as s set success_count = s.success_count + 1, last_triggered = at, failing_since = null,
         failures_in_a_row = 0, first_failed_at = null, last_failed_at = null, warned_at = null
   where s.id = done.webhook_subscription_id and s.workspace_id = done.workspace_id;
  return true;
end $$;
comment on function public.complete_webhook_delivery(uuid, uuid, integer, integer, text) is 'Says that a subscriber took an event. False when the lease is lost.';

create or replace function public.fail_webhook_delivery(delivery uuid, lease uuid, message text, http_status integer default null, duration_ms integer default null,
  answer text default null, permanent boolean default false, gone boolean default false, retry_after interval default null) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  done public.webhook_logs;
  subscriber public.webhook_subscriptions;
  is_over boolean;
begin
  update public.webhook_logs as l
     set status = case when permanent or gone then 'failed' when l.attempt_count > s.retry_count then 'dead' else 'pending' end,
         next_attempt_at = at + greatest(retry_after, romashka.backoff(l.attempt_count, '5 seconds', '10 hours', luck)),
         response_status = http_status, response_body = left(answer, 4000), processing_time_ms = duration_ms, error_message = left(message, 2000),
         attempts = l.attempts || jsonb_strip_nulls(jsonb_build_object('at', at, 'status', http_status, 'ms', duration_ms, 'error', left(message, 200)))
    from public.webhook_subscriptions as s
   where l.id = delivery and l.lease_id = lease and l.status = 'sending' and s.id = l.webhook_subscription_id and s.workspace_id = l.workspace_id
  returning l.* into done;
  if done.id is null then return null; end if;
  select * into subscriber from public.webhook_subscriptions as s where s.id = done.webhook_subscription_id and s.workspace_id = done.workspace_id for update;
  -- As romashka_channels::webhooks::health has it: three failures within a day start the clock, ten days without one forgive.
  if subscriber.last_failed_at < at - interval '10 days' then
    subscriber.failures_in_a_row := 0; subscriber.first_failed_at := null; subscriber.failing_since := null; subscriber.warned_at := null;
  end if;
  if subscriber.first_failed_at is null or (subscriber.failing_since is null and subscriber.first_failed_at < at - interval '1 day') then
    subscriber.failures_in_a_row := 0; subscriber.first_failed_at := at;
  end if;
  subscriber.failures_in_a_row := subscriber.failures_in_a_row + 1;
  if subscriber.failures_in_a_row >= 3 then subscriber.failing_since := coalesce(subscriber.failing_since, subscriber.first_failed_at); end if;
  is_over := gone or coalesce(subscriber.failing_since <= at - interval '5 days', false);
  if is_over and subscriber.disabled_at is null then
    subscriber.disabled_at := at;
    subscriber.disabled_reason := case when gone then 'the subscriber is gone (410)' else 'nothing but failures for five days' end;
    subscriber.notice_due := 'disabled';
    perform romashka.record_event(subscriber.workspace_id, 'webhook.disabled', 'webhook_subscription', subscriber.id, null, '{}'::jsonb, 'system');
  elsif subscriber.failing_since <= at - interval '1 day' and subscriber.warned_at is null and subscriber.disabled_at is null then
    subscriber.warned_at := at;
    subscriber.notice_due := 'failing';
    perform romashka.record_event(subscriber.workspace_id, 'webhook.failing', 'webhook_subscription', subscriber.id, null, '{}'::jsonb, 'system');
  end if;
  update public.webhook_subscriptions as s
     set failure_count = s.failure_count + 1, last_triggered = at, last_failed_at = at, failures_in_a_row = subscriber.failures_in_a_row,
         first_failed_at = subscriber.first_failed_at, failing_since = subscriber.failing_since, warned_at = subscriber.warned_at,
         notice_due = subscriber.notice_due, is_active = s.is_active and not is_over, disabled_at = subscriber.disabled_at, disabled_reason = subscriber.disabled_reason
   where s.id = subscriber.id and s.workspace_id = subscriber.workspace_id;
  return done.status;
end $$;
comment on function public.fail_webhook_delivery(uuid, uuid, text, integer, integer, text, boolean, boolean, interval) is
  'Gives an event back after a failed attempt: pending again, dead after retry_count more, failed when permanent. A subscriber that is gone, or has failed for five days, is switched off, a day of failures is told to the admins before. Null when the lease is lost.';

create or replace function romashka.resume_subscription() returns trigger language plpgsql set search_path = '' as $$
begin
  new.disabled_at := null;
  new.disabled_reason := null;
  new.failing_since := null;
  new.failures_in_a_row := 0;
  new.first_failed_at := null;
  new.last_failed_at := null;
  new.warned_at := null;
  return new;
end $$;
comment on function romashka.resume_subscription() is 'Trigger: a subscription that is switched on again starts without its failures.';
create or replace trigger webhook_subscriptions_10_resume before update of is_active on public.webhook_subscriptions
  for each row when (new.is_active and not old.is_active) execute function romashka.resume_subscription();

create or replace function public.replay_webhook_deliveries(deliveries uuid[] default null, since timestamptz default null, subscription uuid default null,
  workspace uuid default public.current_workspace_id(), until timestamptz default null, include_succeeded boolean default false) returns integer
language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write deliveries himself.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  replayed integer;
begin
  perform romashka.require_role(workspace, 'admin');
  if deliveries is null and since is null then raise exception 'say which: by id or since when' using errcode = 'RM400'; end if;
  if since > until then raise exception 'the range ends before it begins' using errcode = 'RM400'; end if;
  -- By id also what was taken already: the receiver recognises it by its id, which stays.
  update public.webhook_logs as l set status = 'pending', attempt_count = 0, next_attempt_at = at
   where l.workspace_id = workspace and l.status in ('failed', 'dead', case when deliveries is not null or include_succeeded then 'succeeded' else 'dead' end)
     and l.payload is not null and (deliveries is null or l.id = any (deliveries)) and (since is null or l.created_at >= since)
     and (until is null or l.created_at < until)
     and (subscription is null or l.webhook_subscription_id = subscription);
  get diagnostics replayed = row_count;
  return replayed;
end $$;
comment on function public.replay_webhook_deliveries(uuid[], timestamptz, uuid, uuid, timestamptz, boolean) is
  'Puts events out again, under the same id: those named, or all that failed in a range, or all of it; returns how many.';

-- Exchange with other systems ---------------------------------------------------------------------------------------------------

create or replace function romashka.prepare_sync_job() returns trigger language plpgsql set search_path = '' as $$
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if new.status <> 'running' then new.lease_id := null; new.locked_by := null; end if;
  if new.status = 'running' then new.started_at := coalesce(new.started_at, at); end if;
  new.completed_at := case when new.status in ('completed', 'failed', 'dead') then coalesce(new.completed_at, at) end;
  return new;
end $$;
comment on function romashka.prepare_sync_job() is 'Trigger: dates the start and the end of a job.';
create or replace trigger sync_jobs_10_insert before insert on public.sync_jobs for each row execute function romashka.prepare_sync_job();
create or replace trigger sync_jobs_10_update before update on public.sync_jobs for each row execute function romashka.prepare_sync_job();

create or replace function public.claim_sync_jobs(batch_size integer default 5, worker text default null, lease interval default '10 minutes',
  workspace uuid default null) returns setof public.sync_jobs
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces unless one is named.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  wanted constant integer := greatest(1, least(batch_size, 1000));
begin
  with lost as materialized (
    select x.id, x.workspace_id from public.sync_jobs as x
     where x.status = 'running' and x.next_attempt_at <= at and x.attempt_count >= x.max_attempts and (workspace is null or x.workspace_id = workspace)
     limit wanted for update skip locked)
  update public.sync_jobs as j set status = 'dead', error_details = coalesce(j.error_details, '{"message": "the worker did not come back"}')
    from lost where j.id = lost.id and j.workspace_id = lost.workspace_id;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id from public.sync_jobs as x
       where x.status in ('pending', 'running') and x.next_attempt_at <= at and (workspace is null or x.workspace_id = workspace)
         and not (x.status = 'running' and x.attempt_count >= x.max_attempts)
         and not exists (select from public.sync_jobs as earlier
               where earlier.integration_id = x.integration_id and earlier.workspace_id = x.workspace_id and earlier.status in ('pending', 'running')
                 and (earlier.created_at, earlier.id) < (x.created_at, x.id))
       order by x.next_attempt_at limit wanted for update of x skip locked)
    update public.sync_jobs as j
       set status = 'running', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = j.attempt_count + 1
      from chosen where j.id = chosen.id and j.workspace_id = chosen.workspace_id
    returning j.*;
end $$;
comment on function public.claim_sync_jobs(integer, text, interval, uuid) is 'Takes up to batch_size jobs that are due, one an integration at a time, in the order they were made.';

create or replace function public.complete_sync_job(job uuid, lease uuid, records integer default null) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  done public.sync_jobs;
begin
  update public.sync_jobs as j set status = 'completed', records_processed = coalesce(records, j.records_processed), error_details = null
   where j.id = job and j.lease_id = lease and j.status = 'running' returning * into done;
  if done.id is null then return false; end if;
  update public.integrations as i set last_sync_at = at, error_count = 0, last_error = null where i.id = done.integration_id and i.workspace_id = done.workspace_id;
  return true;
end $$;
comment on function public.complete_sync_job(uuid, uuid, integer) is 'Says that a job is done. False when the lease is lost.';

create or replace function public.fail_sync_job(job uuid, lease uuid, error jsonb, permanent boolean default false) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  done public.sync_jobs;
begin
  update public.sync_jobs as j
     set status = case when permanent then 'failed' when j.attempt_count >= j.max_attempts then 'dead' else 'pending' end,
         next_attempt_at = at + romashka.backoff(j.attempt_count, '30 seconds', '6 hours', luck), error_details = error
   where j.id = job and j.lease_id = lease and j.status = 'running' returning * into done;
  if done.id is null then return null; end if;
  update public.integrations as i set error_count = i.error_count + 1, last_error = left(coalesce(error ->> 'message', error::text), 2000)
   where i.id = done.integration_id and i.workspace_id = done.workspace_id;
  return done.status;
end $$;
comment on function public.fail_sync_job(uuid, uuid, jsonb, boolean) is 'Gives a job back after a failed attempt: pending again, dead after the last, failed when permanent. Null when the lease is lost.';

create or replace function public.replay_sync_jobs(jobs uuid[] default null, since timestamptz default null, workspace uuid default public.current_workspace_id())
returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may change jobs himself.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  replayed integer;
begin
  perform romashka.require_role(workspace, 'admin');
  if jobs is null and since is null then raise exception 'say which: by id or since when' using errcode = 'RM400'; end if;
  update public.sync_jobs as j set status = 'pending', attempt_count = 0, next_attempt_at = at
   where j.workspace_id = workspace and j.status in ('failed', 'dead') and (jobs is null or j.id = any (jobs)) and (since is null or j.created_at >= since);
  get diagnostics replayed = row_count;
  return replayed;
end $$;
comment on function public.replay_sync_jobs(uuid[], timestamptz, uuid) is 'Puts failed and dead jobs back on the queue, by id or since a moment; returns how many.';

revoke execute on all functions in schema romashka from public;
do $$
declare
  signature text;
begin
  foreach signature in array array['claim_deliveries(integer, text, interval, uuid, text)', 'begin_delivery(uuid, uuid, integer, interval)',
    'postpone_delivery(uuid, uuid, interval, jsonb)', 'slow_channel(uuid, interval, uuid)', 'record_delivery_report(uuid, integer, text, text, text, timestamptz, jsonb, uuid)', 'complete_delivery(uuid, uuid, text)',
    'fail_delivery(uuid, uuid, jsonb, boolean, boolean, interval)', 'record_delivery_status(text, text, text, timestamptz, jsonb, uuid)',
    'enqueue_webhook_deliveries(uuid, integer)', 'claim_webhook_deliveries(integer, text, interval, uuid)',
    'complete_webhook_delivery(uuid, uuid, integer, integer, text)', 'fail_webhook_delivery(uuid, uuid, text, integer, integer, text, boolean, boolean, interval)',
    'claim_sync_jobs(integer, text, interval, uuid)', 'complete_sync_job(uuid, uuid, integer)', 'fail_sync_job(uuid, uuid, jsonb, boolean)'] loop
    perform romashka.grant_function('public.' || signature, 'service_role');
  end loop;
  perform romashka.grant_members('public.retry_message(uuid, boolean, uuid)');
  foreach signature in array array['replay_deliveries(uuid[], timestamptz, uuid)', 'replay_webhook_deliveries(uuid[], timestamptz, uuid, uuid, timestamptz, boolean)',
    'replay_sync_jobs(uuid[], timestamptz, uuid)'] loop
    perform romashka.grant_function('public.' || signature, 'authenticated', 'service_role', 'romashka_admin');
  end loop;
end $$;
