-- Purpose: who is there, looks at what, and types.
-- Invariants: nobody writes another's presence; what is not renewed ends by itself.
-- Lock risk: rows of presence.

-- Presence: lasts 45 seconds without renewal, typing 8.
create or replace function public.show_presence(connection uuid, conversation uuid, typing boolean default false, workspace uuid default public.current_workspace_id()) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes presence himself, for then he could write another's.
declare
  person constant uuid := romashka.current_user_id();
  at constant timestamptz := pg_catalog.now();
begin
  perform romashka.require_role(workspace, 'viewer');
  if person is null then raise exception 'only a person is present' using errcode = 'RM403'; end if;
  if conversation is not null and not exists (select from public.conversations as c where c.id = conversation and c.workspace_id = workspace) then
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
  insert into public.presence as p (id, workspace_id, user_id, conversation_id, typing_until, expires_at)
  values (connection, workspace, person, conversation, case when typing and conversation is not null then at + interval '8 seconds' end, at + interval '45 seconds')
  on conflict (id, workspace_id) do update set conversation_id = excluded.conversation_id, typing_until = excluded.typing_until, expires_at = excluded.expires_at
   where p.user_id = excluded.user_id;
  if typing and conversation is not null then perform romashka.want_read_mark(conversation, at, true, workspace); end if;
end $$;
comment on function public.show_presence(uuid, uuid, boolean, uuid) is
  'Says that a person is there by a connection, what conversation is in view, and whether he types. Holds 45 seconds, typing 8.';

create or replace function romashka.renew_presence(connections uuid[]) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, for the connections it holds.
declare
  renewed integer;
begin
  update public.presence as p set expires_at = pg_catalog.now() + interval '45 seconds' where p.id = any (connections);
  get diagnostics renewed = row_count;
  return renewed;
end $$;
comment on function romashka.renew_presence(uuid[]) is 'Keeps the presence of connections that are still open; returns how many there were.';

create or replace function romashka.end_presence(connections uuid[]) returns integer language plpgsql security definer set search_path = '' as $$
-- Definer: as renew_presence. What is over goes with it.
declare
  removed integer;
begin
  delete from public.presence as p where p.id = any (connections);
  get diagnostics removed = row_count;
  return removed;
end $$;
comment on function romashka.end_presence(uuid[]) is 'Removes the presence of connections that are closed; returns how many there were.';

do $$ begin
  revoke execute on all functions in schema romashka from public;
  perform romashka.grant_members('public.show_presence(uuid, uuid, boolean, uuid)');
  perform romashka.grant_function('romashka.renew_presence(uuid[])', 'service_role');
  perform romashka.grant_function('romashka.end_presence(uuid[])', 'service_role');
end $$;
