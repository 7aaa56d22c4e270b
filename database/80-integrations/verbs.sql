-- Purpose: what channels bring besides new messages: files, reactions, corrections, further ids of a customer.
-- Invariants: a file is stored once, whoever is lost meanwhile; what arrives late never replaces what is newer; what arrives twice changes nothing.
-- Who calls: the server's workers.
-- Lock risk: row locks on the message and on queued files, the latter skipped by whoever claims.

-- Files ------------------------------------------------------------------------------------------------------------------------

create or replace function romashka.queue_media(channel uuid, message uuid, files jsonb, workspace uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  insert into romashka.media_fetches (id, workspace_id, channel_id, message_id, source)
  select (f ->> 'id')::uuid, workspace, channel, message, f -> 'source' from jsonb_array_elements(files) as f
  on conflict do nothing;
end $$;
comment on function romashka.queue_media(uuid, uuid, jsonb, uuid) is 'Says, in the transaction that takes a message in, which files are to be fetched: [{"id": of the attachment, "source": what the provider told}].';

create or replace function romashka.note_file(workspace uuid, message uuid, file uuid, news jsonb) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called by the verbs of the queue.
declare
  conversation uuid;
begin
  update public.messages as m
     set metadata = m.metadata || jsonb_build_object('files', coalesce((select jsonb_agg(case when f.value ->> 'attachment_id' = file::text then f.value || news else f.value end order by f.ordinality)
           from jsonb_array_elements(case when jsonb_typeof(m.metadata -> 'files') = 'array' then m.metadata -> 'files' else '[]' end) with ordinality as f), '[]')),
         media_url = coalesce(m.media_url, case when news ->> 'state' = 'stored' then '/api/v1/attachments/' || file || '/content' end)
   where m.id = message and m.workspace_id = note_file.workspace returning m.conversation_id into conversation;
  if found then perform romashka.record_event(note_file.workspace, 'message.updated', 'message', message, conversation, jsonb_build_object('file', news || jsonb_build_object('attachment_id', file))); end if;
end $$;
comment on function romashka.note_file(uuid, uuid, uuid, jsonb) is 'Shows on a message what became of one of its files, and says so in the ledger.';

create or replace function romashka.claim_media(batch_size integer, worker text, lease interval default '10 minutes')
returns table (id uuid, workspace_id uuid, channel_id uuid, message_id uuid, source jsonb, attempt_count integer, lease_id uuid, channel_type text, configuration jsonb, api_credentials jsonb)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  most_attempts constant integer := 25;
  lost record;
begin
  for lost in select x.id, x.workspace_id, x.message_id from romashka.media_fetches as x
               where x.status = 'fetching' and x.next_attempt_at <= at and x.attempt_count >= most_attempts limit batch_size for update skip locked loop
    update romashka.media_fetches as f set status = 'failed', lease_id = null, locked_by = null, error_message = 'the worker did not come back'
     where f.id = lost.id and f.workspace_id = lost.workspace_id;
    perform romashka.note_file(lost.workspace_id, lost.message_id, lost.id, '{"state": "failed", "error": "The file could not be fetched."}');
  end loop;
  return query
    with chosen as materialized (
      select x.id, x.workspace_id from romashka.media_fetches as x
        join public.communication_channels as c on c.id = x.channel_id and c.workspace_id = x.workspace_id and c.status <> 'inactive'
        join public.workspaces as w on w.id = x.workspace_id and w.status = 'active'
       where x.status in ('pending', 'fetching') and x.next_attempt_at <= at
       order by x.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update of x skip locked),
    taken as (
      update romashka.media_fetches as f set status = 'fetching', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = f.attempt_count + 1
        from chosen where f.id = chosen.id and f.workspace_id = chosen.workspace_id returning f.*)
    select t.id, t.workspace_id, t.channel_id, t.message_id, t.source, t.attempt_count, t.lease_id, c.type, c.configuration, c.api_credentials
      from taken as t join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_media(integer, text, interval) is 'Takes up to batch_size files that are due to be fetched, with the channel they came by.';

create or replace function romashka.finish_media(file uuid, lease uuid, filename text, file_path text, file_size bigint, mime_type text, file_hash text, provider text default 'local') returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  item romashka.media_fetches;
begin
  delete from romashka.media_fetches as f where f.id = file and f.lease_id = lease and f.status = 'fetching' returning * into item;
  if not found then return false; end if;
  insert into public.file_attachments (id, workspace_id, conversation_id, message_id, filename, file_path, file_size, mime_type, file_hash, storage_provider)
  select file, m.workspace_id, m.conversation_id, m.id, finish_media.filename, finish_media.file_path, finish_media.file_size, finish_media.mime_type, finish_media.file_hash, provider
    from public.messages as m where m.id = item.message_id and m.workspace_id = item.workspace_id
  on conflict do nothing;
  perform romashka.note_file(item.workspace_id, item.message_id, file,
    jsonb_build_object('state', 'stored', 'name', finish_media.filename, 'content_type', finish_media.mime_type, 'size', finish_media.file_size));
  return true;
end $$;
comment on function romashka.finish_media(uuid, uuid, text, text, bigint, text, text, text) is
  'Says that a file was fetched: it becomes an attachment of its message. False when the lease is lost; put the bytes in place only when it is true, and before the commit.';

create or replace function romashka.fail_media(file uuid, lease uuid, message text, permanent boolean, wait interval default '10 seconds') returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  item romashka.media_fetches;
begin
  -- A provider keeps a file for days: with these waits it is asked for four of them.
  update romashka.media_fetches as f
     set status = case when permanent or f.attempt_count >= 20 then 'failed' else 'pending' end, lease_id = null, locked_by = null, error_message = left(fail_media.message, 2000),
         next_attempt_at = at + romashka.backoff(f.attempt_count, wait, '12 hours', luck)
   where f.id = file and f.lease_id = lease and f.status = 'fetching' returning * into item;
  if not found then return null; end if;
  if item.status = 'failed' then
    perform romashka.note_file(item.workspace_id, item.message_id, file, jsonb_build_object('state', 'failed', 'error', left(fail_media.message, 2000)));
  end if;
  return item.status;
end $$;
comment on function romashka.fail_media(uuid, uuid, text, boolean, interval) is
  'Gives a file back after a failed attempt: pending until the next one, failed after the last or when no further one could help, which its message shows. Null when the lease is lost.';

create or replace function public.retry_media(file uuid, workspace uuid default public.current_workspace_id()) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: nobody may change the queue himself.
declare
  item romashka.media_fetches;
begin
  perform romashka.require_role(workspace, 'agent');
  update romashka.media_fetches as f set status = 'pending', attempt_count = 0, next_attempt_at = pg_catalog.now()
   where f.id = file and f.workspace_id = workspace and f.status = 'failed' returning * into item;
  if not found then raise exception 'no file of this id has failed' using errcode = 'RM404'; end if;
  perform romashka.note_file(workspace, item.message_id, file, '{"state": "pending", "error": null}');
  return true;
end $$;
comment on function public.retry_media(uuid, uuid) is 'Fetches a file anew that could not be fetched. Always true.';

-- Deliveries with files ---------------------------------------------------------------------------------------------------------

create or replace function public.keep_delivery(delivery uuid, lease uuid, length interval) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update public.message_delivery_tracking as d set next_attempt_at = at + length
   where d.id = delivery and d.lease_id = lease and d.delivery_status = 'sending';
  return found;
end $$;
comment on function public.keep_delivery(uuid, uuid, interval) is
  'Prolongs the lease while what belongs to a message (a file) goes to the provider, and the customer gets nothing yet. False when the lease is lost.';

-- Reactions and corrections -----------------------------------------------------------------------------------------------------

create or replace function romashka.message_of(workspace uuid, channel text, place uuid, external_id text) returns uuid language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  known uuid;
begin
  select m.id into known from public.messages as m
   where m.workspace_id = workspace and m.channel_type = channel
     and coalesce(m.channel_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce(place, '00000000-0000-0000-0000-000000000000'::uuid) and m.external_message_id = external_id;
  if known is null then
    select d.message_id into known from public.message_delivery_tracking as d
     where d.workspace_id = workspace and d.channel_type = channel and d.external_message_id = external_id;
  end if;
  return known;
end $$;
comment on function romashka.message_of(uuid, text, uuid, text) is 'The message that a provider knows by an id: one of a customer on this channel, or one of ours.';

create or replace function romashka.note_reaction(workspace uuid, message uuid, reactor text, emoji text, at timestamptz) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  conversation uuid;
begin
  update public.messages as m
     set metadata = m.metadata || jsonb_build_object('reactions', coalesce(m.metadata -> 'reactions', '{}') || jsonb_build_object(reactor, jsonb_build_object('emoji', emoji, 'at', at)))
   where m.id = message and m.workspace_id = note_reaction.workspace
     and coalesce((m.metadata #>> array['reactions', reactor, 'at'])::timestamptz, '-infinity') < at
  returning m.conversation_id into conversation;
  if not found then return false; end if;
  perform romashka.record_event(note_reaction.workspace, 'message.updated', 'message', message, conversation, jsonb_build_object('reaction', emoji, 'by', reactor));
  return true;
end $$;
comment on function romashka.note_reaction(uuid, uuid, text, text, timestamptz) is
  'Shows a reaction on its message, under who reacted (customer or agent); a null emoji takes it back. One that is older than the known one changes nothing.';

create or replace function romashka.correct_message(workspace uuid, message uuid, correction text, content text, at timestamptz) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  known public.messages;
  is_newest boolean;
begin
  select * into known from public.messages as m where m.id = message and m.workspace_id = correct_message.workspace for update;
  if not found then return false; end if;
  if known.metadata -> 'edits' @> jsonb_build_array(jsonb_build_object('id', correction)) then return true; end if;
  is_newest := not exists (select from jsonb_array_elements(coalesce(known.metadata -> 'edits', '[]')) as e where (e ->> 'at')::timestamptz > at);
  update public.messages as m
     set content = case when is_newest then replace(correct_message.content, E'\x01', '') else m.content end,
         metadata = m.metadata || jsonb_build_object('edits', coalesce(m.metadata -> 'edits', '[]')
           || jsonb_build_object('id', correction, 'at', at, 'before', case when is_newest then m.content else correct_message.content end))
   where m.id = message and m.workspace_id = correct_message.workspace;
  return true;
end $$;
comment on function romashka.correct_message(uuid, uuid, text, text, timestamptz) is
  'Gives a message the words its writer changed it to and keeps the earlier ones under "edits". The same correction twice, or one that is older than the last, does not change the words. False when there is no such message.';

create or replace function romashka.withdraw_message(workspace uuid, message uuid, at timestamptz) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  conversation uuid;
begin
  update public.messages as m set metadata = m.metadata || jsonb_build_object('deleted_at', at)
   where m.id = message and m.workspace_id = withdraw_message.workspace and not m.metadata ? 'deleted_at' returning m.conversation_id into conversation;
  if found then
    perform romashka.record_event(withdraw_message.workspace, 'message.updated', 'message', message, conversation, jsonb_build_object('deleted_at', at));
    return true;
  end if;
  return exists (select from public.messages as m where m.id = message and m.workspace_id = withdraw_message.workspace);
end $$;
comment on function romashka.withdraw_message(uuid, uuid, timestamptz) is
  'Marks a message that its writer deleted for all; what it said stays for the agents. False when there is no such message.';

create or replace function romashka.add_identities(workspace uuid, customer uuid, channel text, external_ids text[]) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  insert into public.customer_identities (workspace_id, customer_id, channel_type, external_id, is_verified, verified_at, last_seen_at)
  select workspace, customer, channel, e, true, pg_catalog.now(), pg_catalog.now() from unnest(external_ids) as e order by e
  on conflict (workspace_id, channel_type, external_id) do nothing;
end $$;
comment on function romashka.add_identities(uuid, uuid, text, text[]) is 'Keeps further ids under which the provider says that a customer writes. One that is somebody else''s already stays his.';

create or replace function romashka.change_number(workspace uuid, customer uuid, channel text, old_id text, new_id text) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  perform romashka.add_identities(workspace, customer, channel, array[new_id]);
  update public.conversations as c set customer_phone = '+' || ltrim(new_id, '+')
   where c.customer_id = customer and c.workspace_id = change_number.workspace and c.channel_type = channel and ltrim(c.customer_phone, '+') = ltrim(old_id, '+');
  update public.customer_profiles as p set phone = '+' || ltrim(new_id, '+')
   where p.id = customer and p.workspace_id = change_number.workspace and ltrim(p.phone, '+') = ltrim(old_id, '+');
end $$;
comment on function romashka.change_number(uuid, uuid, text, text, text) is 'A customer has a new number on a channel: he is known by it, and written to there, from now on.';

-- Reading and typing that a provider is told of -----------------------------------------------------------------------------------

create or replace function romashka.want_read_mark(conversation uuid, up_to timestamptz, typing boolean, workspace uuid) returns void language plpgsql security definer set search_path = '' as $$
-- Definer: called by what shows presence and by a trigger, for members who may not write the queue.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  channel record;
  said text;
begin
  select x.id, x.configuration into channel from public.conversations as c
    join public.communication_channels as x on x.id = c.channel_id and x.workspace_id = c.workspace_id and x.status = 'active'
   where c.id = conversation and c.workspace_id = workspace and c.channel_type = 'whatsapp';
  -- WhatsApp shows that somebody types only together with that he has read.
  if not found or channel.configuration ->> 'read_receipts' = 'false' or typing and channel.configuration ->> 'typing_indicator' = 'false' then return; end if;
  select m.external_message_id into said from public.messages as m
   where m.conversation_id = conversation and m.workspace_id = workspace and m.sender_type = 'user' and m.external_message_id is not null
     and m.created_at <= up_to and m.created_at > at - interval '30 days'
   order by m.created_at desc, m.id desc limit 1;
  if said is null then return; end if;
  insert into romashka.read_marks as r (workspace_id, conversation_id, channel_id, external_message_id, wants_typing, next_attempt_at)
  values (workspace, conversation, channel.id, said, typing, at)
  on conflict (conversation_id, workspace_id) do update
     set channel_id = excluded.channel_id, external_message_id = excluded.external_message_id, wants_typing = excluded.wants_typing or r.is_pending and r.wants_typing,
         is_pending = true, attempt_count = 0, next_attempt_at = at, lease_id = null
   where case when typing then not (r.is_pending and r.wants_typing) and (r.typing_told_at is null or r.typing_told_at < at - interval '20 seconds')
              else r.told_message_id is distinct from excluded.external_message_id and not (r.is_pending and r.external_message_id = excluded.external_message_id) end;
end $$;
comment on function romashka.want_read_mark(uuid, timestamptz, boolean, uuid) is
  'Has WhatsApp told that what a customer wrote up to a moment was read, or that somebody types (at most once in 20 seconds); nothing where the channel''s settings read_receipts or typing_indicator are false.';

create or replace function romashka.tell_provider_of_reading() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as want_read_mark.
begin
  perform romashka.want_read_mark(new.conversation_id,
    coalesce((select m.created_at from public.messages as m where m.id = new.last_read_message_id and m.workspace_id = new.workspace_id), new.read_at), false, new.workspace_id);
  return null;
end $$;
comment on function romashka.tell_provider_of_reading() is 'Trigger: WhatsApp shows a customer that a member has read what he wrote.';
create or replace trigger conversation_reads_10_tell_provider after insert on public.conversation_reads
  for each row when (new.last_read_message_id is not null) execute function romashka.tell_provider_of_reading();
create or replace trigger conversation_reads_10_tell_provider_on_update after update on public.conversation_reads
  for each row when (new.last_read_message_id is distinct from old.last_read_message_id and new.last_read_message_id is not null) execute function romashka.tell_provider_of_reading();

create or replace function romashka.claim_read_marks(batch_size integer, lease interval default '1 minute')
returns table (conversation_id uuid, workspace_id uuid, channel_id uuid, external_message_id text, wants_typing boolean, attempt_count integer, lease_id uuid, configuration jsonb, api_credentials jsonb)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  return query
    with chosen as materialized (
      select x.conversation_id, x.workspace_id from romashka.read_marks as x
        join public.workspaces as w on w.id = x.workspace_id and w.status = 'active'
       where x.is_pending and x.next_attempt_at <= at order by x.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update of x skip locked),
    taken as (
      update romashka.read_marks as r set lease_id = token, next_attempt_at = at + lease, attempt_count = r.attempt_count + 1
        from chosen where r.conversation_id = chosen.conversation_id and r.workspace_id = chosen.workspace_id returning r.*)
    select t.conversation_id, t.workspace_id, t.channel_id, t.external_message_id, t.wants_typing, t.attempt_count, t.lease_id, c.configuration, c.api_credentials
      from taken as t join public.communication_channels as c on c.id = t.channel_id and c.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_read_marks(integer, interval) is 'Takes up to batch_size talks of which a provider is to be told that they were read or that somebody types.';

create or replace function romashka.finish_read_mark(conversation uuid, lease uuid, is_told boolean, wait interval, workspace uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.read_marks as r
     set lease_id = null, is_pending = wait is not null and not is_told, wants_typing = false, next_attempt_at = at + coalesce(wait, interval '0'),
         told_message_id = case when is_told then r.external_message_id else r.told_message_id end,
         typing_told_at = case when is_told and r.wants_typing then at else r.typing_told_at end
   where r.conversation_id = conversation and r.workspace_id = workspace and r.lease_id = lease;
  return found;
end $$;
comment on function romashka.finish_read_mark(uuid, uuid, boolean, interval, uuid) is
  'Says whether the provider was told; else it is tried again after the wait, and without one given up. Typing is not told late. False when something newer is to be told.';

revoke execute on all functions in schema romashka from public;
do $$
declare
  signature text;
begin
  foreach signature in array array['romashka.queue_media(uuid, uuid, jsonb, uuid)', 'romashka.claim_media(integer, text, interval)',
    'romashka.finish_media(uuid, uuid, text, text, bigint, text, text, text)', 'romashka.fail_media(uuid, uuid, text, boolean, interval)', 'public.keep_delivery(uuid, uuid, interval)',
    'romashka.message_of(uuid, text, uuid, text)', 'romashka.note_reaction(uuid, uuid, text, text, timestamptz)', 'romashka.correct_message(uuid, uuid, text, text, timestamptz)',
    'romashka.withdraw_message(uuid, uuid, timestamptz)', 'romashka.add_identities(uuid, uuid, text, text[])', 'romashka.change_number(uuid, uuid, text, text, text)',
    'romashka.claim_read_marks(integer, interval)', 'romashka.finish_read_mark(uuid, uuid, boolean, interval, uuid)'] loop
    perform romashka.grant_function(signature, 'service_role');
  end loop;
  perform romashka.grant_members('public.retry_media(uuid, uuid)');
end $$;
