-- Purpose: widgets, canned responses, authors, and the queue of what came in.
-- Invariants: what arrives twice is stored once; an event is processed only when all its items are; one worker at a time, in the order of its key.
-- Who calls: members the first, the server's workers the queue.
-- Lock risk: row locks on queued events, skipped by whoever claims.
do $$ begin
  perform romashka.ensure_partitions('webhook_events', current_date, current_date + 62);
end $$;

create or replace function romashka.fill_author() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: looks whether the one who acts has a profile; a key or a bot has none, and its writes must not fail for that.
begin
  new.created_by := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
  return new;
end $$;
comment on function romashka.fill_author() is 'Trigger: the author is who makes the row, when the statement does not say.';
create or replace trigger communication_channels_10_author before insert on public.communication_channels
  for each row when (new.created_by is null) execute function romashka.fill_author();
create or replace trigger message_templates_10_author before insert on public.message_templates
  for each row when (new.created_by is null) execute function romashka.fill_author();
create or replace trigger channel_routing_rules_10_author before insert on public.channel_routing_rules
  for each row when (new.created_by is null) execute function romashka.fill_author();
create or replace trigger canned_responses_10_author before insert on public.canned_responses
  for each row when (new.created_by is null) execute function romashka.fill_author();

create or replace function romashka.backoff(attempt integer, base interval, ceiling interval, luck double precision) returns interval
language sql immutable parallel safe
return least(ceiling, base * power(2, least(greatest(attempt, 1), 40) - 1)) * (0.8 + 0.4 * luck);
comment on function romashka.backoff(integer, interval, interval, double precision) is
  'How long to wait after a failed attempt (1 is the first): doubling from base up to ceiling, 20 % less or more by luck (0 to 1), so that what failed together does not return together.';

create or replace function public.track_canned_response_usage(response uuid, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: a use counts also where the user may not edit; the workspace and the right to see are checked first.
declare
  person constant uuid := romashka.current_user_id();
  at constant timestamptz := pg_catalog.now();
begin
  perform romashka.require_role(workspace, 'agent');
  update public.canned_responses as r set usage_count = r.usage_count + 1, last_used_at = at
   where r.id = response and r.workspace_id = workspace and (r.is_public or person is null or r.created_by = person);
  if not found then raise exception 'no such canned response' using errcode = 'RM404'; end if;
end $$;
comment on function public.track_canned_response_usage(uuid, uuid) is 'Counts one use of a canned response by an agent.';

-- Widgets --------------------------------------------------------------------------------------------------------------

create or replace function romashka.issue_widget_token() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the tokens are in a table that nobody reads.
declare
  token constant text := translate(rtrim(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='), '+/', '-_');
begin
  insert into romashka.widget_tokens (token, workspace_id, widget_id) values (token, new.workspace_id, new.id);
  return null;
end $$;
comment on function romashka.issue_widget_token() is 'Trigger: a new widget gets its public token, 122 random bits.';
create or replace trigger widget_configurations_20_token after insert on public.widget_configurations
  for each row execute function romashka.issue_widget_token();

create or replace function public.widget_token(widget uuid, workspace uuid default public.current_workspace_id()) returns text
language plpgsql stable security definer set search_path = '' as $$
-- Definer: as issue_widget_token.
declare
  found_token text;
begin
  perform romashka.require_role(workspace, 'viewer');
  select t.token into found_token from romashka.widget_tokens as t
   where t.widget_id = widget and t.workspace_id = workspace order by t.created_at desc limit 1;
  if not found then raise exception 'no such widget' using errcode = 'RM404'; end if;
  return found_token;
end $$;
comment on function public.widget_token(uuid, uuid) is 'The public token of a widget, for the snippet that embeds it.';

create or replace function public.renew_widget_token(widget uuid, workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: as issue_widget_token.
declare
  renewed constant text := translate(rtrim(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='), '+/', '-_');
begin
  perform romashka.require_role(workspace, 'admin');
  if not exists (select from public.widget_configurations as w where w.id = widget and w.workspace_id = workspace) then
    raise exception 'no such widget' using errcode = 'RM404';
  end if;
  delete from romashka.widget_tokens as t where t.widget_id = widget and t.workspace_id = workspace;
  insert into romashka.widget_tokens (token, workspace_id, widget_id) values (renewed, workspace, widget);
  return renewed;
end $$;
comment on function public.renew_widget_token(uuid, uuid) is 'Gives a widget a new public token; the old one finds nothing from then on.';

create or replace function romashka.find_widget(token text) returns table (workspace_id uuid, widget_id uuid, channel_id uuid)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by the verbs of the widget, for a visitor who belongs to no workspace.
begin
  return query
    select w.workspace_id, w.id, w.channel_id from romashka.widget_tokens as t
      join public.widget_configurations as w on w.id = t.widget_id and w.workspace_id = t.workspace_id
      join public.workspaces as s on s.id = w.workspace_id
     where t.token = find_widget.token and w.status = 'active' and s.status = 'active';
end $$;
comment on function romashka.find_widget(text) is 'The active widget that a public token names; no row for any other token.';

create or replace function public.widget_settings(token text) returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer, and for anon: what a page shows to every visitor, found by a token from the page. Never the script of the owner's own.
begin
  return (select jsonb_build_object('widget_id', w.id, 'name', w.widget_name, 'requires_identity', w.requires_identity, 'availability', romashka.website_availability(w.workspace_id), 'configuration', w.configuration, 'custom_css', w.custom_css,
                                    'allowed_domains', to_jsonb(w.allowed_domains), 'language', s.default_language)
            from romashka.find_widget(widget_settings.token) as f
            join public.widget_configurations as w on w.id = f.widget_id and w.workspace_id = f.workspace_id
            join public.workspaces as s on s.id = w.workspace_id);
end $$;
comment on function public.widget_settings(text) is 'What a widget needs to show itself: its looks and the domains it may be on. Null for an unknown token.';

create or replace function romashka.website_availability(workspace uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by widget_settings only. Tells whether somebody is there, and not who.
declare
  place record;
  at constant timestamptz := pg_catalog.now();
  is_open boolean;
begin
  select w.business_hours as hours, w.time_zone as zone, w.holidays into place from public.workspaces as w where w.id = workspace;
  is_open := romashka.is_open(workspace, at);
  return jsonb_build_object('open', is_open,
    'agents_online', exists (select from public.agent_availability as a where a.workspace_id = workspace and a.is_online and a.status = 'available'),
    -- The moment at which a first second of business time has passed is a second after the opening.
    'opens_at', case when not is_open then romashka.add_business_seconds(place.hours, place.zone, place.holidays, at, 1) - interval '1 second' end,
    'reply_hint_seconds', (select percentile_disc(0.5) within group (order by recent.seconds) from (
      select a.first_response_seconds as seconds from public.conversations as c
        join public.conversation_analytics as a on a.conversation_id = c.id and a.workspace_id = c.workspace_id
       where c.workspace_id = workspace and c.channel_type = 'website' and c.created_at > at - interval '7 days' and a.first_response_seconds is not null
       order by c.created_at desc limit 50) as recent));
end $$;
comment on function romashka.website_availability(uuid) is 'Whether the workspace is open and an agent is there, when it opens, and how long the last answers took.';

-- Addresses of channels ---------------------------------------------------------------------------------------------------

create or replace function public.channel_token(channel uuid, renew boolean default false, workspace uuid default public.current_workspace_id()) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the tokens are in a table that nobody reads.
declare
  made constant text := translate(rtrim(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), '='), '+/', '-_');
  found_token text;
begin
  perform romashka.require_role(workspace, 'admin');
  if not exists (select from public.communication_channels as c where c.id = channel and c.workspace_id = workspace) then
    raise exception 'no such channel' using errcode = 'RM404';
  end if;
  insert into romashka.channel_tokens as t (token, workspace_id, channel_id) values (made, workspace, channel)
  on conflict (channel_id, workspace_id) do update
    set token = case when renew then excluded.token else t.token end, created_at = case when renew then excluded.created_at else t.created_at end
  returning t.token into found_token;
  return found_token;
end $$;
comment on function public.channel_token(uuid, boolean, uuid) is
  'The token in the address that a channel''s provider calls, made when there is none. Renewed, the old address finds nothing from then on.';

create or replace function romashka.find_channel(token text) returns table (workspace_id uuid, channel_id uuid, channel_type text, configuration jsonb, webhook_secret text, api_credentials jsonb)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: as channel_token. The server's alone.
begin
  return query
    select c.workspace_id, c.id, c.type, c.configuration, c.webhook_secret, c.api_credentials from romashka.channel_tokens as t
      join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id and c.status <> 'inactive'
      join public.workspaces as w on w.id = c.workspace_id and w.status = 'active'
     where t.token = find_channel.token;
end $$;
comment on function romashka.find_channel(text) is 'The channel that the address of a webhook names, with its sealed secrets; no row for an unknown token, an inactive channel or workspace.';

-- What came in: the queue ------------------------------------------------------------------------------------------------

create or replace function romashka.prepare_webhook_event() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: what has arrived is known in a table that nobody reads.
declare
  at constant timestamptz := pg_catalog.now();
begin
  if tg_op = 'INSERT' and new.dedupe_key is not null then
    insert into romashka.webhook_event_keys (workspace_id, source, dedupe_key, event_id) values (new.workspace_id, new.source, new.dedupe_key, new.id)
    on conflict (workspace_id, source, dedupe_key) do nothing;
    if not found then return null; end if;
  end if;
  -- Earlier versions knew only "processed": either column may be written, and both tell the same.
  if tg_op = 'INSERT' then
    if new.processed then new.status := 'processed'; end if;
  elsif new.processed is distinct from old.processed and new.status is not distinct from old.status then
    new.status := case when new.processed then 'processed' else 'pending' end;
  end if;
  new.processed := new.status = 'processed';
  new.processed_at := case when new.processed then coalesce(new.processed_at, at) end;
  if new.status <> 'processing' then new.lease_id := null; new.locked_by := null; end if;
  return new;
end $$;
comment on function romashka.prepare_webhook_event() is 'Trigger: stores an event with a known dedupe_key only once, and keeps status, processed and processed_at of one mind.';
create or replace trigger webhook_events_10_insert before insert on public.webhook_events for each row execute function romashka.prepare_webhook_event();
create or replace trigger webhook_events_10_update before update on public.webhook_events for each row execute function romashka.prepare_webhook_event();

create or replace function public.receive_webhook_event(source text, event_type text, payload jsonb, dedupe_key text default null, ordering_key text default null,
  channel uuid default null, headers jsonb default '{}', raw_body bytea default null, workspace uuid default public.current_workspace_id()) returns uuid
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone; tells the id of what is there already.
declare
  made uuid;
begin
  insert into public.webhook_events (workspace_id, channel_id, source, event_type, payload, dedupe_key, ordering_key, headers, raw_body)
  values (workspace, channel, receive_webhook_event.source, receive_webhook_event.event_type, receive_webhook_event.payload, receive_webhook_event.dedupe_key,
    receive_webhook_event.ordering_key, coalesce(receive_webhook_event.headers, '{}'), receive_webhook_event.raw_body)
  returning id into made;
  if made is null then
    select k.event_id into made from romashka.webhook_event_keys as k
     where k.workspace_id = workspace and k.source = receive_webhook_event.source and k.dedupe_key = receive_webhook_event.dedupe_key;
  end if;
  return made;
end $$;
comment on function public.receive_webhook_event(text, text, jsonb, text, text, uuid, jsonb, bytea, uuid) is
  'Stores what a channel sent, before it is acknowledged. The same dedupe_key gives the event that is stored already.';

create or replace function public.claim_webhook_events(batch_size integer default 20, worker text default null, lease interval default '1 minute',
  workspace uuid default null, sources text[] default null) returns setof public.webhook_events
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces unless one is named.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  wanted constant integer := greatest(1, least(batch_size, 1000));
begin
  -- Whose worker was lost for the last time allowed.
  with lost as materialized (
    select x.id, x.workspace_id, x.created_at from public.webhook_events as x
     where x.status = 'processing' and x.next_attempt_at <= at and x.processing_attempts >= x.max_attempts
       and (workspace is null or x.workspace_id = workspace) and (sources is null or x.source = any (sources))
     limit wanted for update skip locked)
  update public.webhook_events as e set status = 'dead', error_message = coalesce(e.error_message, 'the worker did not come back')
    from lost where e.id = lost.id and e.workspace_id = lost.workspace_id and e.created_at = lost.created_at;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id, x.created_at from public.webhook_events as x
       where x.status in ('pending', 'processing') and x.next_attempt_at <= at and (workspace is null or x.workspace_id = workspace)
         and (sources is null or x.source = any (sources))
         and not (x.status = 'processing' and x.processing_attempts >= x.max_attempts)
         and not exists (select from public.webhook_events as earlier
               where earlier.workspace_id = x.workspace_id and earlier.ordering_key = x.ordering_key and earlier.status in ('pending', 'processing')
                 and (earlier.created_at, earlier.id) < (x.created_at, x.id))
       order by x.next_attempt_at limit wanted for update of x skip locked)
    update public.webhook_events as e
       set status = 'processing', lease_id = token, locked_by = worker, next_attempt_at = at + lease, processing_attempts = e.processing_attempts + 1
      from chosen where e.id = chosen.id and e.workspace_id = chosen.workspace_id and e.created_at = chosen.created_at
    returning e.*;
end $$;
comment on function public.claim_webhook_events(integer, text, interval, uuid, text[]) is
  'Takes up to batch_size events that are due, for the length of the lease, none while an earlier one of its ordering_key is open. Prove the lease with lease_id when done.';

create or replace function public.complete_webhook_event(event_id uuid, lease uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  update public.webhook_events as e set status = 'processed', error_message = null where e.id = event_id and e.lease_id = lease and e.status = 'processing';
  return found;
end $$;
comment on function public.complete_webhook_event(uuid, uuid) is 'Marks an event as processed. False when the lease is not one''s own any more: somebody else has it.';

create or replace function public.fail_webhook_event(event_id uuid, lease uuid, message text, permanent boolean default false) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  outcome text;
begin
  update public.webhook_events as e
     set status = case when permanent then 'failed' when e.processing_attempts >= e.max_attempts then 'dead' else 'pending' end,
         next_attempt_at = at + romashka.backoff(e.processing_attempts, '2 seconds', '1 hour', luck), error_message = left(message, 10000)
   where e.id = event_id and e.lease_id = lease and e.status = 'processing'
  returning e.status into outcome;
  return outcome;
end $$;
comment on function public.fail_webhook_event(uuid, uuid, text, boolean) is
  'Gives an event back after a failed attempt: pending until its next one, dead after the last, failed when no further attempt could help. Null when the lease is lost.';

create or replace function public.quarantine_webhook_event(event_id uuid, lease uuid, message text) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  update public.webhook_events as e set status = 'quarantined', error_message = left(message, 10000)
   where e.id = event_id and e.lease_id = lease and e.status = 'processing';
  return found;
end $$;
comment on function public.quarantine_webhook_event(uuid, uuid, text) is 'Sets an event aside that cannot be understood, so that it stops nothing and somebody can look at it.';

create or replace function public.process_webhook_event(event_id uuid, lease uuid, found_items integer, handled_items integer, message text default null) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  if found_items is null or handled_items is null or handled_items < 0 or handled_items > found_items then
    raise exception 'of % items % cannot be handled', found_items, handled_items using errcode = 'RM400';
  end if;
  update public.webhook_events as e set items_found = found_items, items_handled = handled_items
   where e.id = event_id and e.lease_id = lease and e.status = 'processing';
  if not found then return null; end if;
  if handled_items = found_items and message is null then
    perform public.complete_webhook_event(event_id, lease);
    return 'processed';
  end if;
  return public.fail_webhook_event(event_id, lease, coalesce(message, format('%s of %s items were handled', handled_items, found_items)));
end $$;
comment on function public.process_webhook_event(uuid, uuid, integer, integer, text) is
  'Reports on an event of many items: processed only when every item was handled and nothing went wrong, else it comes again (items are stored once, so none is doubled). Null when the lease is lost.';

create or replace function public.replay_webhook_events(event_ids uuid[] default null, since timestamptz default null, workspace uuid default public.current_workspace_id())
returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may write events himself.
declare
  at constant timestamptz := pg_catalog.now();
  replayed integer;
begin
  perform romashka.require_role(workspace, 'admin');
  if event_ids is null and since is null then raise exception 'say which: by id or since when' using errcode = 'RM400'; end if;
  update public.webhook_events as e set status = 'pending', processing_attempts = 0, next_attempt_at = at
   where e.workspace_id = workspace and e.status in ('failed', 'dead', 'quarantined')
     and (event_ids is null or e.id = any (event_ids)) and (since is null or e.created_at >= since);
  get diagnostics replayed = row_count;
  return replayed;
end $$;
comment on function public.replay_webhook_events(uuid[], timestamptz, uuid) is 'Puts failed, dead and quarantined events back on the queue, by id or since a moment; returns how many.';

create or replace function romashka.mail_addresses_of(configuration jsonb) returns text[] language plpgsql immutable set search_path = '' as $$
begin
  return array(
    select distinct a.own from (
      select lower(btrim(configuration ->> 'address')) as own
      union all
      select lower(btrim(alias)) from unnest(case jsonb_typeof(configuration -> 'aliases')
               when 'array' then array(select jsonb_array_elements_text(configuration -> 'aliases'))
               when 'string' then string_to_array(configuration ->> 'aliases', ',') end) as alias) as a
     where length(a.own) between 3 and 512 order by a.own);
end $$;
comment on function romashka.mail_addresses_of(jsonb) is 'The addresses of a channel of mail, its own and the aliases, in lower case.';

create or replace function romashka.claim_mail_addresses() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: nobody sees what other workspaces have. The table is locked in the order of the addresses, so that two channels cannot wait for each other.
declare
  wanted text[] := array[]::text[];
  given_up text[] := array[]::text[];
  one text;
  taken boolean;
begin
  if tg_op <> 'DELETE' and new.type = 'email' and new.status <> 'inactive' then wanted := romashka.mail_addresses_of(new.configuration); end if;
  if tg_op <> 'INSERT' and old.type = 'email' and old.status <> 'inactive' then given_up := romashka.mail_addresses_of(old.configuration); end if;
  foreach one in array wanted loop
    insert into romashka.mail_addresses as m (address, workspace_id) values (one, new.workspace_id)
    on conflict (address) do update set workspace_id = excluded.workspace_id where m.workspace_id = excluded.workspace_id;
    if not found then
      raise exception 'the address % belongs to a channel of another workspace', one using errcode = 'RM409',
        hint = 'Mail for one address goes to one workspace: give this channel another address or alias, or have the other channel switched off first.';
    end if;
  end loop;
  foreach one in array given_up loop
    continue when one = any (wanted);
    select exists (select from public.communication_channels as c
      where c.workspace_id = old.workspace_id and c.type = 'email' and c.status <> 'inactive' and c.id <> old.id and one = any (romashka.mail_addresses_of(c.configuration))) into taken;
    if not taken then delete from romashka.mail_addresses as m where m.address = one and m.workspace_id = old.workspace_id; end if;
  end loop;
  return null;
end $$;
comment on function romashka.claim_mail_addresses() is 'Trigger: the addresses of a channel of mail are its workspace''s alone, while the channel is not switched off.';
create or replace trigger communication_channels_20_addresses after insert or delete or update of configuration, status, type on public.communication_channels
  for each row execute function romashka.claim_mail_addresses();

create or replace function romashka.find_mail_channel(address text) returns table (workspace_id uuid, channel_id uuid)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  whole constant text := lower(address);
  -- support+order@example.com is support@example.com.
  bare constant text := regexp_replace(whole, '\+[^@]*@', '@');
begin
  return query
    select c.workspace_id, c.id from public.communication_channels as c
      join public.workspaces as w on w.id = c.workspace_id and w.status = 'active'
      cross join lateral (
        select lower(c.configuration ->> 'address') as own
        union all
        select lower(btrim(alias)) from unnest(case jsonb_typeof(c.configuration -> 'aliases')
                 when 'array' then array(select jsonb_array_elements_text(c.configuration -> 'aliases'))
                 when 'string' then string_to_array(c.configuration ->> 'aliases', ',') end) as alias) as addresses
     where c.type = 'email' and c.status <> 'inactive' and addresses.own in (whole, bare)
     order by (addresses.own = whole) desc, c.created_at, c.id limit 1;
end $$;
comment on function romashka.find_mail_channel(text) is
  'The channel that takes mail for an address, by its own address or an alias, with or without a + part. Of several the one that was made first.';

-- Mailboxes that are read --------------------------------------------------------------------------------------------------

create or replace function romashka.claim_mailboxes(batch_size integer, worker text, lease interval default '2 minutes')
returns table (workspace_id uuid, channel_id uuid, configuration jsonb, api_credentials jsonb, uid_validity bigint, last_uid bigint, lease_id uuid, created_at timestamptz, read_at timestamptz)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  insert into romashka.mailboxes as b (workspace_id, channel_id)
  select c.workspace_id, c.id from public.communication_channels as c
   where c.type = 'email' and c.status = 'active' and c.configuration ? 'imap_host'
     and not exists (select from romashka.mailboxes as x where x.channel_id = c.id and x.workspace_id = c.workspace_id)
  on conflict do nothing;
  return query
    with chosen as materialized (
      select x.channel_id, x.workspace_id from romashka.mailboxes as x
        join public.communication_channels as c on c.id = x.channel_id and c.workspace_id = x.workspace_id and c.status = 'active' and c.configuration ? 'imap_host'
        join public.workspaces as w on w.id = x.workspace_id and w.status = 'active'
       where x.leased_until <= at order by x.leased_until limit greatest(1, least(batch_size, 1000)) for update of x skip locked),
    taken as (
      update romashka.mailboxes as b set lease_id = token, locked_by = worker, leased_until = at + lease
        from chosen where b.channel_id = chosen.channel_id and b.workspace_id = chosen.workspace_id returning b.*)
    select t.workspace_id, t.channel_id, c.configuration, c.api_credentials, t.uid_validity, t.last_uid, t.lease_id, t.created_at, t.read_at
      from taken as t join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_mailboxes(integer, text, interval) is 'Takes up to batch_size mailboxes of active channels that no process reads, for the length of the lease.';

create or replace function romashka.keep_mailbox(channel uuid, lease uuid, known_settings jsonb, length interval default '2 minutes', is_read boolean default false) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.mailboxes as b
     set leased_until = at + length, read_at = case when is_read then at else b.read_at end,
         failures = case when is_read then 0 else b.failures end, last_error = case when is_read then null else b.last_error end
    from public.communication_channels as c
   where b.channel_id = channel and b.lease_id = lease and c.id = b.channel_id and c.workspace_id = b.workspace_id and c.status = 'active'
     and jsonb_build_array(c.configuration, c.api_credentials) = known_settings;
  return found;
end $$;
comment on function romashka.keep_mailbox(uuid, uuid, jsonb, interval, boolean) is
  'Prolongs the lease of a mailbox. False when somebody else has it, or the channel was switched off or set up anew: let it go. is_read: everything in it is stored.';

create or replace function romashka.advance_mailbox(channel uuid, lease uuid, uid_validity bigint, last_uid bigint) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  update romashka.mailboxes as b
     set last_uid = case when b.uid_validity = advance_mailbox.uid_validity then greatest(b.last_uid, advance_mailbox.last_uid) else advance_mailbox.last_uid end,
         uid_validity = advance_mailbox.uid_validity
   where b.channel_id = channel and b.lease_id = lease;
  return found;
end $$;
comment on function romashka.advance_mailbox(uuid, uuid, bigint, bigint) is
  'Says, in the transaction that stores a mail, up to which one the mailbox is stored. False when the lease is lost: store nothing.';

create or replace function romashka.release_mailbox(channel uuid, lease uuid, message text default null) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
begin
  update romashka.mailboxes as b
     set lease_id = null, locked_by = null, last_error = left(message, 2000), failures = case when message is null then b.failures else b.failures + 1 end,
         leased_until = case when message is null then at else at + romashka.backoff(b.failures + 1, '2 seconds', '10 minutes', luck) end
   where b.channel_id = channel and b.lease_id = lease;
end $$;
comment on function romashka.release_mailbox(uuid, uuid, text) is 'Gives a mailbox back, after a failure not before a wait.';

-- A channel that is not let in ----------------------------------------------------------------------------------------------

create or replace function romashka.note_channel_error(channel uuid, message text, workspace uuid) returns table (email text, channel_name text, workspace_name text)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update public.communication_channels as c set last_error = left(message, 2000), last_error_at = at
   where c.id = channel and c.workspace_id = workspace and c.last_error is null;
  if not found then return; end if;
  perform romashka.record_event(workspace, 'channel.failed', 'communication_channel', channel, null, jsonb_build_object('error', left(message, 2000)), 'system');
  return query
    select u.email::text, c.name, w.name from public.communication_channels as c
      join public.workspaces as w on w.id = c.workspace_id
      join public.workspace_members as m on m.workspace_id = c.workspace_id and m.role in ('owner', 'admin')
      join auth.users as u on u.id = m.user_id
     where c.id = channel and c.workspace_id = workspace and u.email is not null;
end $$;
comment on function romashka.note_channel_error(uuid, text, uuid) is
  'Says that a channel is not let in by its provider, as an event and in the channel''s row. The first time it returns the admins who are to be told; while the error stands, nobody.';

create or replace function romashka.forget_channel_error() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes deliveries himself.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if tg_when = 'BEFORE' then
    new.last_error := null;
    new.last_error_at := null;
    return new;
  end if;
  update public.message_delivery_tracking as d set next_attempt_at = greatest(at, d.send_after)
    from public.messages as m
   where m.id = d.message_id and m.workspace_id = d.workspace_id and m.channel_id = new.id and d.workspace_id = new.workspace_id
     and d.delivery_status = 'queued' and d.next_attempt_at > at;
  return null;
end $$;
comment on function romashka.forget_channel_error() is 'Trigger: a channel that is set up anew is tried at once, with everything that waits for it.';
create or replace trigger communication_channels_30_error before update of configuration, api_credentials, status on public.communication_channels
  for each row when (old.last_error is not null and (old.configuration is distinct from new.configuration or old.api_credentials is distinct from new.api_credentials
    or old.status is distinct from new.status))
  execute function romashka.forget_channel_error();
create or replace trigger communication_channels_40_resume after update of configuration, api_credentials, status on public.communication_channels
  for each row when (old.last_error is not null and new.last_error is null) execute function romashka.forget_channel_error();

-- What is wrong with a channel ----------------------------------------------------------------------------------------------

create or replace function romashka.raise_channel_alert(channel uuid, about_kind text, about text, severity text, message text, details jsonb, at timestamptz, workspace uuid)
returns table (email text, channel_name text, workspace_name text) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone.
declare
  open_alert public.channel_alerts;
  rank constant text[] := array['notice', 'warning', 'critical'];
begin
  -- News of one channel one after the other, so that two workers do not both tell of one trouble.
  perform from public.communication_channels as c where c.id = channel and c.workspace_id = workspace for no key update;
  if not found then return; end if;
  if exists (select from public.channel_alerts as a where a.channel_id = channel and a.workspace_id = workspace and a.kind = about_kind and a.subject = about and a.changed_at > at) then
    return;
  end if;
  select * into open_alert from public.channel_alerts as a
   where a.channel_id = channel and a.workspace_id = workspace and a.kind = about_kind and a.subject = about and a.resolved_at is null;
  if found then
    update public.channel_alerts as a set severity = raise_channel_alert.severity, message = raise_channel_alert.message, details = raise_channel_alert.details, changed_at = at
     where a.id = open_alert.id and a.workspace_id = workspace;
    if array_position(rank, raise_channel_alert.severity) <= array_position(rank, open_alert.severity) then return; end if;
  else
    insert into public.channel_alerts (workspace_id, channel_id, kind, subject, severity, message, details, raised_at, changed_at)
    values (workspace, channel, about_kind, about, raise_channel_alert.severity, raise_channel_alert.message, raise_channel_alert.details, at, at);
  end if;
  perform romashka.record_event(workspace, 'channel.alert', 'communication_channel', channel, null,
    jsonb_build_object('kind', about_kind, 'subject', about, 'severity', raise_channel_alert.severity, 'message', raise_channel_alert.message), 'system');
  if raise_channel_alert.severity = 'notice' then return; end if;
  return query
    select u.email::text, c.name, w.name from public.communication_channels as c
      join public.workspaces as w on w.id = c.workspace_id
      join public.workspace_members as m on m.workspace_id = c.workspace_id and m.role in ('owner', 'admin')
      join auth.users as u on u.id = m.user_id
     where c.id = channel and c.workspace_id = workspace and u.email is not null;
end $$;
comment on function romashka.raise_channel_alert(uuid, text, text, text, text, jsonb, timestamptz, uuid) is
  'Keeps that something is wrong with a channel. The first time, and when it gets worse, it is an event, and the admins who are to be told are returned; news that are older than what is known change nothing.';

create or replace function romashka.end_channel_alert(channel uuid, about_kind text, about text, at timestamptz, workspace uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  moment constant timestamptz := pg_catalog.clock_timestamp();
begin
  perform from public.communication_channels as c where c.id = channel and c.workspace_id = workspace for no key update;
  update public.channel_alerts as a set resolved_at = moment, changed_at = greatest(a.changed_at, at)
   where a.channel_id = channel and a.workspace_id = workspace and a.kind = about_kind and a.subject = about and a.resolved_at is null and a.changed_at <= at;
  if not found then return false; end if;
  perform romashka.record_event(workspace, 'channel.recovered', 'communication_channel', channel, null, jsonb_build_object('kind', about_kind, 'subject', about), 'system');
  return true;
end $$;
comment on function romashka.end_channel_alert(uuid, text, text, timestamptz, uuid) is 'Says that a trouble of a channel is over, as an event; false when none of that kind is open or what is known is newer.';

create or replace function public.resolve_channel_alert(alert uuid, workspace uuid default public.current_workspace_id()) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes alerts himself; the role is checked first.
declare
  found_alert public.channel_alerts;
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  perform romashka.require_role(workspace, 'admin');
  select * into found_alert from public.channel_alerts as a where a.id = alert and a.workspace_id = workspace for update;
  if not found then raise exception 'no such alert' using errcode = 'RM404'; end if;
  if found_alert.resolved_at is not null then return; end if;
  update public.channel_alerts as a set resolved_at = at where a.id = alert and a.workspace_id = workspace;
  perform romashka.record_event(workspace, 'channel.recovered', 'communication_channel', found_alert.channel_id, null,
    jsonb_build_object('kind', found_alert.kind, 'subject', found_alert.subject));
end $$;
comment on function public.resolve_channel_alert(uuid, uuid) is 'An admin says that a trouble of a channel is over; what it has stopped goes on. Twice changes nothing. The provider''s next word may raise it again.';

create or replace function romashka.channel_health(channel uuid, workspace uuid, last_error text) returns text language plpgsql stable set search_path = '' as $$
begin
  if last_error is not null then return 'critical'; end if;
  return coalesce((select case when bool_or(a.severity = 'critical') then 'critical' when bool_or(a.severity = 'warning') then 'warning' end
    from public.channel_alerts as a where a.channel_id = channel and a.workspace_id = workspace and a.resolved_at is null), 'good');
end $$;
comment on function romashka.channel_health(uuid, uuid, text) is 'How a channel is: good, warning or critical, by its open alerts and whether its provider lets it in.';

-- Channels whose provider is asked now and then ----------------------------------------------------------------------------------

create or replace function romashka.claim_channel_syncs(batch_size integer, worker text, lease interval default '10 minutes')
returns table (workspace_id uuid, channel_id uuid, configuration jsonb, api_credentials jsonb, quality text, failures integer, lease_id uuid) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  insert into romashka.channel_syncs as s (workspace_id, channel_id)
  select c.workspace_id, c.id from public.communication_channels as c
   where c.type = 'whatsapp' and c.status = 'active' and c.api_credentials is not null and c.configuration ? 'account_id'
     and not exists (select from romashka.channel_syncs as x where x.channel_id = c.id and x.workspace_id = c.workspace_id)
  on conflict do nothing;
  return query
    with chosen as materialized (
      select x.channel_id, x.workspace_id from romashka.channel_syncs as x
        join public.communication_channels as c on c.id = x.channel_id and c.workspace_id = x.workspace_id and c.status = 'active' and c.configuration ? 'account_id'
        join public.workspaces as w on w.id = x.workspace_id and w.status = 'active'
       where x.due_at <= at order by x.due_at limit greatest(1, least(batch_size, 100)) for update of x skip locked),
    taken as (
      update romashka.channel_syncs as s set lease_id = token, locked_by = worker, due_at = at + lease
        from chosen where s.channel_id = chosen.channel_id and s.workspace_id = chosen.workspace_id returning s.*)
    select t.workspace_id, t.channel_id, c.configuration, c.api_credentials, t.quality, t.failures, t.lease_id
      from taken as t join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_channel_syncs(integer, text, interval) is 'Takes up to batch_size channels whose provider is to be asked now.';

create or replace function romashka.finish_channel_sync(channel uuid, lease uuid, digits text, quality text, message text, wait interval, workspace uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.channel_syncs as s
     set lease_id = null, locked_by = null, due_at = at + wait, digits = coalesce(finish_channel_sync.digits, s.digits), quality = coalesce(finish_channel_sync.quality, s.quality),
         last_error = left(message, 2000), failures = case when message is null then 0 else s.failures + 1 end,
         synced_at = case when message is null then at else s.synced_at end
   where s.channel_id = channel and s.workspace_id = workspace and s.lease_id = lease;
  return found;
end $$;
comment on function romashka.finish_channel_sync(uuid, uuid, text, text, text, interval, uuid) is
  'Says how asking a provider ended and when it is asked next. False when the lease is lost: somebody wants it asked again.';

create or replace function romashka.sync_channel_now(channel uuid, workspace uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.channel_syncs as s set due_at = at, lease_id = null, locked_by = null where s.channel_id = channel and s.workspace_id = workspace;
  return found;
end $$;
comment on function romashka.sync_channel_now(uuid, uuid) is 'Has the provider of a channel asked at once; who asks already is asked again. False for a channel that is never asked.';

create or replace function romashka.channel_of_digits(workspace uuid, wanted text) returns setof uuid language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  return query select s.channel_id from romashka.channel_syncs as s where s.workspace_id = workspace and s.digits = wanted order by s.created_at, s.channel_id limit 1;
end $$;
comment on function romashka.channel_of_digits(uuid, text) is 'The channel whose number a provider writes so.';

create or replace function romashka.sync_templates(account text, templates jsonb, workspace uuid)
returns table (name text, language text, provider_status text, quality text, status_reason text, is_new boolean) language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  return query
    with given as (
      select distinct on (x.name, x.language) x.* from jsonb_to_recordset(templates)
        as x (id text, name text, language text, category text, status text, provider_status text, status_reason text, quality text, content jsonb) order by x.name, x.language),
    stored as (
      insert into public.message_templates as t (workspace_id, name, language, category, template_content, status, channel_type, external_template_id, provider_status, provider_status_at,
        status_reason, quality, account_id)
      select workspace, g.name, g.language, coalesce(g.category, o.category, 'utility'), g.content, coalesce(g.status, o.status, 'pending'), 'whatsapp', g.id, g.provider_status, at, g.status_reason, g.quality, account
        from given as g left join public.message_templates as o on o.workspace_id = workspace and o.channel_type = 'whatsapp' and o.name = g.name and o.language = g.language
       order by g.name, g.language
      on conflict (workspace_id, channel_type, name, language) do update
         set category = excluded.category,
             template_content = t.template_content || excluded.template_content,
             status = excluded.status,
             external_template_id = excluded.external_template_id, provider_status = excluded.provider_status, provider_status_at = at, status_reason = excluded.status_reason,
             quality = coalesce(excluded.quality, t.quality), account_id = excluded.account_id, updated_at = at
       where (t.external_template_id, t.provider_status, t.account_id) is distinct from (excluded.external_template_id, excluded.provider_status, excluded.account_id)
          or t.quality is distinct from coalesce(excluded.quality, t.quality) or t.template_content is distinct from t.template_content || excluded.template_content
          or t.category is distinct from excluded.category
      returning t.name, t.language, t.provider_status, t.quality, t.status_reason, t.xmax = 0 as is_new),
    gone as (
      update public.message_templates as t set status = 'rejected', provider_status = 'DELETED', provider_status_at = at, status_reason = null, updated_at = at
       where t.workspace_id = workspace and t.channel_type = 'whatsapp' and t.account_id = account and t.provider_status is distinct from 'DELETED'
         and not exists (select from given as g where g.name = t.name and g.language = t.language)
      returning t.name, t.language, t.provider_status, t.quality, t.status_reason, false)
    select * from stored union all select * from gone;
end $$;
comment on function romashka.sync_templates(text, jsonb, uuid) is
  'Brings the templates in line with the whole list of a provider''s account: new ones are stored, changed ones changed, and those that are in the list no more count as deleted. Returns what changed.';

-- Who wants no text messages -------------------------------------------------------------------------------------------------

create or replace function romashka.note_sms_opt_out(our_numbers text[], customer_number text, opted_out boolean, source text, at timestamptz, workspace uuid) returns integer
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone; nobody else may say what a customer has asked for.
declare
  changed integer;
begin
  insert into public.sms_opt_outs as o (workspace_id, our_number, customer_number, is_opted_out, source, changed_at)
  select workspace, n.our_number, note_sms_opt_out.customer_number, opted_out, note_sms_opt_out.source, at
    from (select distinct unnest(our_numbers) as our_number) as n order by n.our_number
  on conflict (workspace_id, customer_number, our_number) do update set is_opted_out = excluded.is_opted_out, source = excluded.source, changed_at = excluded.changed_at
   where o.changed_at <= excluded.changed_at;
  get diagnostics changed = row_count;
  return changed;
end $$;
comment on function romashka.note_sms_opt_out(text[], text, boolean, text, timestamptz, uuid) is
  'Keeps that a person wants no more text messages from these numbers of ours, or wants them again. The later word counts, in whichever order they come in.';

-- A channel's allowance of the day ----------------------------------------------------------------------------------------

create or replace function public.take_channel_allowance(channel uuid, messages integer default 1, workspace uuid default public.current_workspace_id()) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone. The day is the workspace's.
declare
  today date;
begin
  select (pg_catalog.now() at time zone w.time_zone)::date into today from public.workspaces as w where w.id = workspace;
  update public.communication_channels as c
     set messages_sent_today = case when c.last_reset_date = today then c.messages_sent_today else 0 end + messages, last_reset_date = today
   where c.id = channel and c.workspace_id = workspace
     and case when c.last_reset_date = today then c.messages_sent_today else 0 end + messages <= c.message_limit_per_day;
  return found;
end $$;
comment on function public.take_channel_allowance(uuid, integer, uuid) is 'Takes messages from a channel''s allowance of the day; false when that would exceed it.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_members('public.track_canned_response_usage(uuid, uuid)');
  perform romashka.grant_members('public.widget_token(uuid, uuid)');
  perform romashka.grant_function('public.renew_widget_token(uuid, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.widget_settings(text)', 'anon', 'authenticated', 'service_role');
  perform romashka.grant_function('romashka.find_widget(text)', 'service_role');
  perform romashka.grant_function('public.channel_token(uuid, boolean, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('romashka.find_channel(text)', 'service_role');
  perform romashka.grant_function('romashka.note_channel_error(uuid, text, uuid)', 'service_role');
  perform romashka.grant_function('romashka.find_mail_channel(text)', 'service_role');
  perform romashka.grant_function('romashka.raise_channel_alert(uuid, text, text, text, text, jsonb, timestamptz, uuid)', 'service_role');
  perform romashka.grant_function('romashka.end_channel_alert(uuid, text, text, timestamptz, uuid)', 'service_role');
  perform romashka.grant_function('public.resolve_channel_alert(uuid, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_members('romashka.channel_health(uuid, uuid, text)');
  perform romashka.grant_function('romashka.claim_channel_syncs(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.finish_channel_sync(uuid, uuid, text, text, text, interval, uuid)', 'service_role');
  perform romashka.grant_function('romashka.sync_channel_now(uuid, uuid)', 'service_role');
  perform romashka.grant_function('romashka.channel_of_digits(uuid, text)', 'service_role');
  perform romashka.grant_function('romashka.sync_templates(text, jsonb, uuid)', 'service_role');
  perform romashka.grant_function('romashka.note_sms_opt_out(text[], text, boolean, text, timestamptz, uuid)', 'service_role');
  perform romashka.grant_function('public.receive_webhook_event(text, text, jsonb, text, text, uuid, jsonb, bytea, uuid)', 'service_role');
  perform romashka.grant_function('public.claim_webhook_events(integer, text, interval, uuid, text[])', 'service_role');
  perform romashka.grant_function('public.complete_webhook_event(uuid, uuid)', 'service_role');
  perform romashka.grant_function('public.fail_webhook_event(uuid, uuid, text, boolean)', 'service_role');
  perform romashka.grant_function('public.quarantine_webhook_event(uuid, uuid, text)', 'service_role');
  perform romashka.grant_function('public.process_webhook_event(uuid, uuid, integer, integer, text)', 'service_role');
  perform romashka.grant_function('public.replay_webhook_events(uuid[], timestamptz, uuid)', 'authenticated', 'service_role', 'romashka_admin');
  perform romashka.grant_function('public.take_channel_allowance(uuid, integer, uuid)', 'service_role');
  perform romashka.grant_function('romashka.claim_mailboxes(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.keep_mailbox(uuid, uuid, jsonb, interval, boolean)', 'service_role');
  perform romashka.grant_function('romashka.advance_mailbox(uuid, uuid, bigint, bigint)', 'service_role');
  perform romashka.grant_function('romashka.release_mailbox(uuid, uuid, text)', 'service_role');
end $$;
