-- Purpose: the budget of a workspace's language model.
-- Invariants: used and reserved together never pass the day's budget, however many ask at once; each call is settled once; a call whose
-- process died counts in full.
-- Lock risk: the row of the workspace's day, for the length of one short transaction.

create or replace function romashka.reserve_tokens(workspace uuid, tokens bigint, cost numeric, share numeric default 1, lease interval default '2 minutes') returns uuid
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, before it asks a language model.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  today constant date := (at at time zone 'UTC')::date;
  endpoint public.ai_endpoints;
  spent romashka.ai_usage;
  lost record;
  made uuid;
begin
  select * into endpoint from public.ai_endpoints as e where e.workspace_id = reserve_tokens.workspace and e.is_enabled;
  if not found then return null; end if;
  insert into romashka.ai_usage (workspace_id, day) values (reserve_tokens.workspace, today) on conflict (workspace_id, day) do nothing;
  select * into spent from romashka.ai_usage as u where u.workspace_id = reserve_tokens.workspace and u.day = today for no key update;
  -- What never came back may have been answered and paid for.
  with gone as (
    delete from romashka.ai_reservations as r where r.workspace_id = reserve_tokens.workspace and r.day = today and r.expires_at <= at returning r.tokens, r.cost)
  select coalesce(sum(g.tokens), 0) as tokens, coalesce(sum(g.cost), 0) as cost into lost from gone as g;
  spent.tokens_used := spent.tokens_used + lost.tokens;
  spent.tokens_reserved := spent.tokens_reserved - lost.tokens;
  spent.cost_used := spent.cost_used + lost.cost;
  spent.cost_reserved := spent.cost_reserved - lost.cost;
  if spent.tokens_used + spent.tokens_reserved + reserve_tokens.tokens <= endpoint.daily_tokens * share
     and (endpoint.daily_cost is null or spent.cost_used + spent.cost_reserved + reserve_tokens.cost <= endpoint.daily_cost * share) then
    insert into romashka.ai_reservations (workspace_id, day, tokens, cost, expires_at)
    values (reserve_tokens.workspace, today, reserve_tokens.tokens, reserve_tokens.cost, at + lease) returning id into made;
    spent.tokens_reserved := spent.tokens_reserved + reserve_tokens.tokens;
    spent.cost_reserved := spent.cost_reserved + reserve_tokens.cost;
  end if;
  update romashka.ai_usage as u
     set tokens_used = spent.tokens_used, tokens_reserved = spent.tokens_reserved, cost_used = spent.cost_used, cost_reserved = spent.cost_reserved
   where u.workspace_id = reserve_tokens.workspace and u.day = today;
  return made;
end $$;
comment on function romashka.reserve_tokens(uuid, bigint, numeric, numeric, interval) is
  'Takes what a call may use at most from the day''s budget, or from a share of it.'
  ' Null where that would pass it, or where there is no endpoint that is on.';

create or replace function romashka.settle_tokens(reservation uuid, workspace uuid, tokens bigint, cost numeric) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, after it has asked a language model.
declare
  its_day date;
  held record;
begin
  select r.day into its_day from romashka.ai_reservations as r where r.id = settle_tokens.reservation and r.workspace_id = settle_tokens.workspace;
  if not found then return false; end if;
  -- The day's row first, as whoever reserves has it.
  perform from romashka.ai_usage as u where u.workspace_id = settle_tokens.workspace and u.day = its_day for no key update;
  delete from romashka.ai_reservations as r where r.id = settle_tokens.reservation and r.workspace_id = settle_tokens.workspace returning r.tokens, r.cost into held;
  if not found then return false; end if;
  update romashka.ai_usage as u
     set calls = u.calls + 1, tokens_used = u.tokens_used + settle_tokens.tokens, tokens_reserved = u.tokens_reserved - held.tokens,
         cost_used = u.cost_used + settle_tokens.cost, cost_reserved = u.cost_reserved - held.cost
   where u.workspace_id = settle_tokens.workspace and u.day = its_day;
  return true;
end $$;
comment on function romashka.settle_tokens(uuid, uuid, bigint, numeric) is
  'Puts what a call has used in place of what was reserved for it. False where it was settled before, or counted in full because it took too long.';

create or replace function public.ai_usage_today(workspace uuid default public.current_workspace_id())
returns table (day date, calls bigint, tokens_used bigint, tokens_reserved bigint, cost_used numeric, cost_reserved numeric)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the counters are written by functions alone; the workspace is checked first.
declare
  today constant date := (pg_catalog.now() at time zone 'UTC')::date;
begin
  perform romashka.require_role(workspace, 'admin');
  return query select today, coalesce(u.calls, 0), coalesce(u.tokens_used, 0), coalesce(u.tokens_reserved, 0), coalesce(u.cost_used, 0), coalesce(u.cost_reserved, 0)
    from (select) as one left join romashka.ai_usage as u on u.workspace_id = ai_usage_today.workspace and u.day = today;
end $$;
comment on function public.ai_usage_today(uuid) is 'What the workspace''s language model has used today, by UTC.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.reserve_tokens(uuid, bigint, numeric, numeric, interval)', 'service_role');
  perform romashka.grant_function('romashka.settle_tokens(uuid, uuid, bigint, numeric)', 'service_role');
  perform romashka.grant_members('public.ai_usage_today(uuid)');
end $$;
