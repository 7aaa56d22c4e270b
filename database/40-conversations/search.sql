-- Purpose: the search in what was said.
-- Invariants: newest first, by keyset; what it costs does not grow with the history (decision 0004).
-- Lock risk: none.

create or replace function public.search_messages(query text, language text default null, before timestamptz default null, limit_count integer default 20, workspace uuid default public.current_workspace_id())
returns table (message_id uuid, conversation_id uuid, sender_type text, created_at timestamptz, content text, rank real)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
-- Definer: operators of text search are not leakproof, so under policies their index would not be used; the workspace is checked first and stands in the query.
-- The index gives no order. So the newest hour is looked at first, then four before it, sixteen …, until the page is full: what a frequent
-- word costs does not grow with the history. Planned once, without helpers: compiling or starting these would cost more than the search. What three days do not hold is rare enough to be looked for in all the rest at once.
declare
  wanted tsquery;
  candidates tsquery;
  phrased boolean;
  scope tsquery;
  missing integer := greatest(1, least(coalesce(limit_count, 20), 200));
  newest constant bigint := romashka.hour_of(least(before, clock_timestamp()));
  oldest timestamptz := to_timestamp((newest + 1) * 3600);
  looked_at integer := 0;
  hours integer := 1;
  here integer;
begin
  perform romashka.require_role(workspace, 'viewer');
  wanted := websearch_to_tsquery('pg_catalog.simple', query)
    || websearch_to_tsquery(romashka.search_configuration(coalesce(language, (select w.default_language from public.workspaces as w where w.id = workspace))), query);
  if query ~ '[а-яё]' or query ~ '[А-ЯЁ]' then wanted := wanted || websearch_to_tsquery('pg_catalog.russian', query); end if;
  if wanted is null or numnode(wanted) = 0 then return; end if;
  -- The index knows no places: a phrase is looked for as its words, and the documents of these are read one by one, newest first.
  phrased := wanted::text ~ ' <(-|[0-9]+)> ';
  candidates := case when phrased and wanted::text !~ '!' then regexp_replace(wanted::text, ' <(-|[0-9]+)> ', ' & ', 'g')::tsquery else wanted end;
  loop
    scope := case when looked_at < 85 then romashka.hours_query(workspace, newest - looked_at, hours) else quote_literal(romashka.workspace_lexeme(workspace))::tsquery end;
    if phrased then
      return query
        select m.id, m.conversation_id, m.sender_type::text, m.created_at, left(m.content, 500),
               ts_rank(romashka.message_document(m.workspace_id, m.created_at, m.language, m.content), wanted)
          from (select f.* from (select x.id, x.created_at from public.messages as x
                                  where romashka.message_document(x.workspace_id, x.created_at, x.language, x.content) @@ (scope && candidates)
                                    and x.workspace_id = workspace and (before is null or x.created_at < before)
                                    and (looked_at < 85 or x.created_at < oldest)
                                  order by x.created_at desc, x.id desc offset 0) as c
                  cross join lateral (select y.* from public.messages as y where y.id = c.id and y.workspace_id = workspace
                                       and romashka.message_document(y.workspace_id, y.created_at, y.language, y.content) @@ wanted offset 0) as f
                 limit missing) as m
         order by m.created_at desc, m.id desc;
    else
      return query
        select m.id, m.conversation_id, m.sender_type::text, m.created_at, left(m.content, 500),
               ts_rank(romashka.message_document(m.workspace_id, m.created_at, m.language, m.content), wanted)
          from (select x.* from public.messages as x
                 where romashka.message_document(x.workspace_id, x.created_at, x.language, x.content) @@ (scope && candidates)
                   and x.workspace_id = workspace and (before is null or x.created_at < before)
                   and (looked_at < 85 or x.created_at < oldest)
                 order by x.created_at desc, x.id desc limit missing) as m
         order by m.created_at desc, m.id desc;
    end if;
    get diagnostics here = row_count;
    missing := missing - here;
    exit when missing <= 0 or looked_at >= 85;
    looked_at := looked_at + hours;
    oldest := oldest - hours * interval '1 hour';
    hours := hours * 4;
  end loop;
end $$;
comment on function public.search_messages(text, text, timestamptz, integer, uuid) is 'Full-text search over all messages of a workspace, newest first; "before" continues after the last row.';

create or replace function public.find_in_messages(fragment text, before timestamptz default null, limit_count integer default 20, workspace uuid default public.current_workspace_id())
returns table (message_id uuid, conversation_id uuid, sender_type text, created_at timestamptz, content text)
language plpgsql stable security definer set search_path = '' set plan_cache_mode = force_generic_plan set max_parallel_workers_per_gather = 0 set jit = off as $$
-- Definer: as search_messages. A frequent fragment is here among the newest messages, which are read hour by hour; after two thousand of them
-- in vain it is rare enough for the index of fragments.
declare
  pattern constant text := '%' || replace(replace(replace(fragment, '\', '\\'), '%', '\%'), '_', '\_') || '%';
  missing integer := greatest(1, least(coalesce(limit_count, 20), 200));
  newest constant bigint := romashka.hour_of(least(before, clock_timestamp()));
  oldest timestamptz := to_timestamp((newest + 1) * 3600);
  looked_at integer := 0;
  hours integer := 1;
  seen integer;
  read integer := 0;
  matches uuid[];
begin
  perform romashka.require_role(workspace, 'viewer');
  if length(trim(coalesce(fragment, ''))) < 3 then raise exception 'at least three characters' using errcode = 'RM400'; end if;
  while looked_at < 85 and read < 2000 loop
    select count(*), array_agg(x.id) filter (where x.content ilike pattern) into seen, matches from public.messages as x
     where romashka.message_document(x.workspace_id, x.created_at, x.language, x.content) @@ romashka.hours_query(workspace, newest - looked_at, hours)
       and x.workspace_id = workspace and (before is null or x.created_at < before);
    return query
      select m.id, m.conversation_id, m.sender_type::text, m.created_at, left(m.content, 500) from public.messages as m
       where m.id = any (matches) and m.workspace_id = workspace
       order by m.created_at desc, m.id desc limit missing;
    missing := missing - coalesce(cardinality(matches), 0);
    if missing <= 0 then return; end if;
    read := read + seen;
    looked_at := looked_at + hours;
    oldest := oldest - hours * interval '1 hour';
    hours := hours * 4;
  end loop;
  return query
    select m.id, m.conversation_id, m.sender_type::text, m.created_at, left(m.content, 500) from public.messages as m
     where m.workspace_id = workspace and m.content ilike pattern
       and (before is null or m.created_at < before) and m.created_at < oldest
     order by m.created_at desc, m.id desc limit missing;
end $$;
comment on function public.find_in_messages(text, timestamptz, integer, uuid) is 'Messages that contain a fragment anywhere (order numbers, parts of words), newest first.';

do $$ begin
  perform romashka.grant_members('public.search_messages(text, text, timestamptz, integer, uuid)');
  perform romashka.grant_members('public.find_in_messages(text, timestamptz, integer, uuid)');
end $$;
