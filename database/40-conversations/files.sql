-- Purpose: the bytes of files whose rows are gone.
-- Invariants: they go by the same commit as the row, through a queue that is never given up; bytes that another file has stay.
-- Lock risk: rows of the queue, skipped by whoever claims.

create or replace function romashka.queue_file_removal() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone. Whoever removes the row, and be it a cascade: the bytes go by the same commit or stay with it.
declare
  at constant timestamptz := pg_catalog.now();
begin
  -- Members write rows themselves: a path that this file cannot have leads to somebody else's bytes.
  if old.storage_provider not in ('s3', 'local') or old.file_path not in (
       replace(old.workspace_id::text, '-', '') || '/' || right(old.id::text, 2) || '/' || replace(old.id::text, '-', ''),
       coalesce(left(old.file_hash, 2) || '/' || substr(old.file_hash, 3, 2) || '/' || old.file_hash, '')) then
    return null;
  end if;
  insert into romashka.removed_files as q (id, workspace_id, storage_provider, file_path)
  values (old.id, old.workspace_id, old.storage_provider, old.file_path)
  on conflict (id, workspace_id) do update
    set storage_provider = excluded.storage_provider, file_path = excluded.file_path, attempt_count = 0, next_attempt_at = at, lease_id = null, locked_by = null, error_message = null, removed_at = at;
  return null;
end $$;
comment on function romashka.queue_file_removal() is 'Trigger: the bytes of a file whose row is gone are removed.';
create or replace trigger file_attachments_60_bytes after delete on public.file_attachments
  for each row execute function romashka.queue_file_removal();

create or replace function romashka.claim_removed_files(batch_size integer, worker text, lease interval default '5 minutes', chosen_files uuid[] default null)
returns table (id uuid, workspace_id uuid, storage_provider text, file_path text, attempt_count integer, lease_id uuid, is_shared boolean)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
-- Definer: the server's alone, over all workspaces. Bytes that are named by their hash belong to every file that has them.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  return query
    with chosen as materialized (
      select x.id, x.workspace_id from romashka.removed_files as x
       where x.next_attempt_at <= at and (chosen_files is null or x.id = any (chosen_files))
       order by x.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update of x skip locked),
    taken as (
      update romashka.removed_files as q set lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = q.attempt_count + 1
        from chosen where q.id = chosen.id and q.workspace_id = chosen.workspace_id returning q.*)
    select t.id, t.workspace_id, t.storage_provider, t.file_path, t.attempt_count, t.lease_id,
           exists (select from public.file_attachments as f where f.id = t.id and f.workspace_id = t.workspace_id and f.file_path = t.file_path and f.storage_provider = t.storage_provider)
             or exists (select from public.file_attachments as f where f.file_hash = split_part(t.file_path, '/', 3) and f.file_path = t.file_path and f.storage_provider = t.storage_provider)
      from taken as t;
end $$;
comment on function romashka.claim_removed_files(integer, text, interval, uuid[]) is
  'Takes up to batch_size files whose bytes are to go, of those chosen or of all; says of each whether another file has the same bytes, which then stay.';

create or replace function romashka.finish_file_removal(file uuid, lease uuid, failure text, workspace uuid) returns boolean language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  if failure is null then
    delete from romashka.removed_files as q where q.id = file and q.workspace_id = workspace and q.lease_id = lease;
  else
    -- Never given up: what a person was promised to be erased must not lie there for ever because a storage was away.
    update romashka.removed_files as q
       set lease_id = null, locked_by = null, error_message = left(failure, 1000), next_attempt_at = at + least(interval '1 day', interval '10 seconds' * 2 ^ least(q.attempt_count - 1, 20))
     where q.id = file and q.workspace_id = workspace and q.lease_id = lease;
  end if;
  return found;
end $$;
comment on function romashka.finish_file_removal(uuid, uuid, text, uuid) is
  'Says that the bytes of a file are gone, or why not: then it is tried again after 10 s doubling to a day. False when the lease is lost.';

do $$ begin
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_function('romashka.claim_removed_files(integer, text, interval, uuid[])', 'service_role');
  perform romashka.grant_function('romashka.finish_file_removal(uuid, uuid, text, uuid)', 'service_role');
end $$;
