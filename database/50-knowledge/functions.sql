-- Purpose: versions of articles, their use and effect, the trees of categories, and the search.
-- Invariants: every text an article has had is kept under a number of its own; the counters equal a recount of knowledge_analytics.
-- Lock risk: a use of an article locks its row; moving categories is serialised within a workspace.

create or replace trigger knowledge_items_10_author before insert on public.knowledge_items
  for each row when (new.created_by is null) execute function romashka.fill_author();
create or replace trigger intent_patterns_10_author before insert on public.intent_patterns
  for each row when (new.created_by is null) execute function romashka.fill_author();

-- A category is never below itself. Two moves at once could make a circle that neither sees, so moves of a workspace wait for each other.
create or replace function romashka.refuse_category_circle() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: sees all categories of the row's workspace.
declare
  above uuid := new.parent_id;
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('knowledge_categories ' || new.workspace_id::text, 0));
  while above is not null loop
    if above = new.id then
      raise exception 'a category cannot be below itself' using errcode = 'RM422', constraint = 'knowledge_categories_parent_id_check';
    end if;
    select c.parent_id into above from public.knowledge_categories as c where c.id = above and c.workspace_id = new.workspace_id;
  end loop;
  return new;
end $$;
comment on function romashka.refuse_category_circle() is 'Trigger: refuses a parent that is below the category.';
create or replace trigger knowledge_categories_10_no_circle before insert or update of parent_id, id on public.knowledge_categories
  for each row when (new.parent_id is not null) execute function romashka.refuse_category_circle();

create or replace function romashka.number_knowledge_version() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: looks whether the one who edits has a profile.
declare
  at constant timestamptz := pg_catalog.now();
begin
  if tg_op = 'INSERT' then
    new.version := 1;
  else
    if (new.title, new.content) is distinct from (old.title, old.content) then
      new.version := old.version + 1;
      if new.change_note is not distinct from old.change_note then new.change_note := null; end if;
      if new.updated_by is not distinct from old.updated_by then
        new.updated_by := (select p.id from public.profiles as p where p.id = romashka.current_user_id());
      end if;
    else
      new.version := old.version;
    end if;
  end if;
  if new.status = 'active' and new.published_at is null then new.published_at := at; end if;
  return new;
end $$;
comment on function romashka.number_knowledge_version() is 'Trigger: the version counts changes of title and text, whatever a statement says; the first publication is dated.';
create or replace trigger knowledge_items_20_version before insert or update on public.knowledge_items
  for each row execute function romashka.number_knowledge_version();

create or replace function public.create_knowledge_version() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: nobody writes versions himself. The row lock on the article keeps two editors from taking one number.
begin
  insert into public.knowledge_versions (workspace_id, knowledge_item_id, version, title, content, changes_description, created_by)
  values (new.workspace_id, new.id, new.version, new.title, new.content, new.change_note, case when tg_op = 'INSERT' then new.created_by else new.updated_by end);
  return null;
end $$;
comment on function public.create_knowledge_version() is 'Trigger: keeps the text an article has from now on under the number of its version, from version 1 on.';
create or replace trigger trigger_create_knowledge_version after insert on public.knowledge_items
  for each row execute function public.create_knowledge_version();
create or replace trigger trigger_create_knowledge_version_on_update after update on public.knowledge_items
  for each row when (old.version <> new.version) execute function public.create_knowledge_version();

create or replace function public.restore_knowledge_version(item uuid, version integer, workspace uuid default public.current_workspace_id()) returns integer
language plpgsql set search_path = '' as $$
declare
  kept public.knowledge_versions;
  made integer;
begin
  select * into kept from public.knowledge_versions as v
   where v.knowledge_item_id = item and v.workspace_id = workspace and v.version = restore_knowledge_version.version;
  if not found then raise exception 'no such version' using errcode = 'RM404'; end if;
  update public.knowledge_items as i set title = coalesce(kept.title, i.title), content = kept.content, change_note = format('version %s restored', kept.version)
   where i.id = item and i.workspace_id = workspace returning i.version into made;
  if not found then raise exception 'this needs the role agent in the workspace' using errcode = 'RM403'; end if;
  return made;
end $$;
comment on function public.restore_knowledge_version(uuid, integer, uuid) is 'Makes an old text the present one again, as a new version; returns its number.';

-- Use and effect -----------------------------------------------------------------------------------------------------------

create or replace function public.update_knowledge_usage() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: a use counts also where the user may not edit.
begin
  if tg_op <> 'INSERT' then
    update public.knowledge_items as i set usage_count = greatest(0, i.usage_count - 1)
     where i.id = old.knowledge_item_id and i.workspace_id = old.workspace_id;
  end if;
  if tg_op <> 'DELETE' then
    update public.knowledge_items as i set usage_count = i.usage_count + 1, last_used_at = greatest(i.last_used_at, new.created_at)
     where i.id = new.knowledge_item_id and i.workspace_id = new.workspace_id;
  end if;
  return null;
end $$;
comment on function public.update_knowledge_usage() is 'Trigger: counts the uses of an article.';
create or replace trigger trigger_update_knowledge_usage after insert or delete on public.knowledge_analytics
  for each row execute function public.update_knowledge_usage();
create or replace trigger trigger_update_knowledge_usage_on_move after update of knowledge_item_id on public.knowledge_analytics
  for each row when (old.knowledge_item_id is distinct from new.knowledge_item_id) execute function public.update_knowledge_usage();

create or replace function romashka.effectiveness(helpful integer, unhelpful integer) returns numeric language sql immutable parallel safe
return round((greatest(helpful, 0) + 2)::numeric / (greatest(helpful, 0) + greatest(unhelpful, 0) + 4), 4);
comment on function romashka.effectiveness(integer, integer) is
  'Share of yes among the answers, smoothed by two of each (Beta(2, 2)): 0.5 without answers, 0.6 after one yes.';

create or replace function public.calculate_knowledge_effectiveness() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: as update_knowledge_usage.
begin
  if tg_op <> 'INSERT' and old.was_helpful is not null then
    update public.knowledge_items as i
       set helpful_count = greatest(0, i.helpful_count - old.was_helpful::integer), unhelpful_count = greatest(0, i.unhelpful_count - (not old.was_helpful)::integer),
           effectiveness_score = romashka.effectiveness(i.helpful_count - old.was_helpful::integer, i.unhelpful_count - (not old.was_helpful)::integer)
     where i.id = old.knowledge_item_id and i.workspace_id = old.workspace_id;
  end if;
  if tg_op <> 'DELETE' and new.was_helpful is not null then
    update public.knowledge_items as i
       set helpful_count = i.helpful_count + new.was_helpful::integer, unhelpful_count = i.unhelpful_count + (not new.was_helpful)::integer,
           effectiveness_score = romashka.effectiveness(i.helpful_count + new.was_helpful::integer, i.unhelpful_count + (not new.was_helpful)::integer)
     where i.id = new.knowledge_item_id and i.workspace_id = new.workspace_id;
  end if;
  return null;
end $$;
comment on function public.calculate_knowledge_effectiveness() is 'Trigger: keeps the answers to "was it helpful" and the smoothed share of yes. No answer counts as neither.';
create or replace trigger trigger_calculate_knowledge_effectiveness after insert or delete or update of was_helpful, knowledge_item_id on public.knowledge_analytics
  for each row execute function public.calculate_knowledge_effectiveness();

create or replace function public.record_knowledge_use(item uuid, usage_context text default 'search', conversation uuid default null, was_helpful boolean default null,
  feedback text default null, workspace uuid default public.current_workspace_id()) returns uuid
language plpgsql set search_path = '' as $$
declare
  made uuid;
begin
  -- Under the caller's policies: an article or a conversation of another workspace is not there.
  if not exists (select from public.knowledge_items as i where i.id = item and i.workspace_id = workspace) then
    raise exception 'no such article' using errcode = 'RM404';
  end if;
  if conversation is not null and not exists (select from public.conversations as c where c.id = conversation and c.workspace_id = workspace) then
    raise exception 'no such conversation' using errcode = 'RM404';
  end if;
  insert into public.knowledge_analytics (workspace_id, knowledge_item_id, conversation_id, was_helpful, feedback_text, usage_context)
  values (workspace, item, conversation, record_knowledge_use.was_helpful, feedback, record_knowledge_use.usage_context) returning id into made;
  return made;
end $$;
comment on function public.record_knowledge_use(uuid, text, uuid, boolean, text, uuid) is 'Notes that an article was used, where, and whether it helped.';

-- Search -------------------------------------------------------------------------------------------------------------------

create or replace function romashka.knowledge_query(workspace uuid, query text, language text) returns tsquery language plpgsql stable security definer set search_path = '' as $$
-- Definer: called by search_knowledge alone, which has checked the workspace.
declare
  wanted tsquery := pg_catalog.websearch_to_tsquery('pg_catalog.simple', query);
  tongue text := '';
begin
  if language is not null then
    return wanted || pg_catalog.websearch_to_tsquery(romashka.search_configuration(language), query);
  end if;
  -- Each language that articles are written in, found by steps along the index.
  loop
    select i.language into tongue from public.knowledge_items as i where i.workspace_id = workspace and i.language > tongue order by i.language limit 1;
    exit when not found;
    wanted := wanted || pg_catalog.websearch_to_tsquery(romashka.search_configuration(tongue), query);
  end loop;
  return wanted;
end $$;
comment on function romashka.knowledge_query(uuid, text, text) is 'What is searched for: the words as they are, or as the stemmer of any language in use has them.';

create or replace function romashka.knowledge_words(workspace uuid, query text, language text) returns text[] language plpgsql stable security definer set search_path = '' as $$
-- Definer: as knowledge_query.
declare
  tongues text[] := array[language];
  tongue text := '';
  kept text;
begin
  if language is null then
    tongues := '{}';
    loop
      select i.language into tongue from public.knowledge_items as i where i.workspace_id = workspace and i.language > tongue order by i.language limit 1;
      exit when not found;
      tongues := tongues || tongue;
    end loop;
  end if;
  -- A word that says nothing in one of the languages is left out of all: the documents hold it as it is written.
  select string_agg(w.lexeme, ' ') into kept from unnest(pg_catalog.to_tsvector('pg_catalog.simple', query)) as w
   where not exists (select from unnest(tongues) as t (name)
                      where romashka.search_configuration(t.name) <> 'pg_catalog.simple'::regconfig and pg_catalog.to_tsvector(romashka.search_configuration(t.name), w.lexeme) = '');
  return array(
    select w.lexeme from (
        select f.lexeme from unnest(tongues) as t (name), unnest(pg_catalog.to_tsvector(romashka.search_configuration(t.name), coalesce(kept, ''))) as f
        union
        select f.lexeme from unnest(pg_catalog.to_tsvector('pg_catalog.simple', coalesce(kept, ''))) as f where f.lexeme ~ '\d') as w
     where strpos(w.lexeme, '\') = 0 order by 1 limit 24);
end $$;
comment on function romashka.knowledge_words(uuid, text, text) is 'The words of a question that say something, as the documents of any language in use hold them; at most 24.';

create or replace function romashka.rank_articles(workspace uuid, query text, language text, limit_count integer, category uuid, audiences text[])
returns table (article_id uuid, points real) language plpgsql stable security definer set search_path = '' set enable_seqscan = off set jit = off as $$
-- Definer: as knowledge_query.
-- The text weighs half as much as the title, and what is there as it is written next to nothing: it is there with its stem, too.
-- Of each word's articles up to three hundred are looked at, a hundred and fifty with it in the title; those that hold the rarest words are ranked.
declare
  scope constant tsquery := pg_catalog.quote_literal('w' || replace(workspace::text, '-', ''))::tsquery;
  lexemes constant text[] := romashka.knowledge_words(workspace, query, language);
  wanted constant tsquery := (select string_agg(pg_catalog.quote_literal(l), ' | ') from unnest(lexemes) as l)::tsquery;
begin
  if wanted is null then return; end if;
  return query
    with holders as (
      select l.lexeme, h.id from unnest(lexemes) as l (lexeme)
       cross join lateral (
        (select i.id from public.knowledge_items as i
          where romashka.knowledge_title_document(i.workspace_id, i.language, i.title) @@ (scope && pg_catalog.quote_literal(l.lexeme)::tsquery)
            and i.status = 'active' and i.audience = any (audiences)
            and (rank_articles.language is null or i.language = rank_articles.language) and (category is null or i.category_id = category)
          limit 150)
        union
        (select i.id from public.knowledge_items as i
          where i.search_document @@ (scope && pg_catalog.quote_literal(l.lexeme)::tsquery)
            and i.status = 'active' and i.audience = any (audiences)
            and (rank_articles.language is null or i.language = rank_articles.language) and (category is null or i.category_id = category)
          limit 150)) as h),
    rarity as (select h.lexeme, pg_catalog.ln(1 + 300.0 / count(*)) as weight from holders as h group by h.lexeme),
    chosen as materialized (
      select h.id from holders as h join rarity as r on r.lexeme = h.lexeme group by h.id order by sum(r.weight) desc, h.id limit 200)
    select i.id, pg_catalog.ts_rank('{0.02, 0.5, 0.5, 1}', i.search_document, wanted) as rank
      from chosen as c join public.knowledge_items as i on i.id = c.id and i.workspace_id = workspace
     order by 2 desc, 1 limit limit_count;
end $$;
comment on function romashka.rank_articles(uuid, text, text, integer, uuid, text[]) is 'Active articles that hold any of the words of a question, best first.';

create or replace function public.search_knowledge(query text, language text default null, limit_count integer default 20, category uuid default null,
  workspace uuid default public.current_workspace_id(), audience text default null)
returns table (id uuid, title text, excerpt text, category_id uuid, item_language text, item_audience text, effectiveness_score numeric, score real, matched_by text)
language plpgsql stable security definer set search_path = '' set enable_seqscan = off set jit = off as $$
-- Definer: operators of text search are not leakproof, so under policies their index would not be used; the workspace is checked first and is a word of the query.
-- Only bitmaps: a scan that hopes to be done early reads every article's document from its side table, for words that few have.
-- Of a word that thousands of articles hold, a hundred and fifty with it in the title are ranked, and as many of all.
declare
  page constant integer := greatest(1, least(coalesce(limit_count, 20), 200));
  scope constant tsquery := pg_catalog.quote_literal('w' || replace(workspace::text, '-', ''))::tsquery;
  audiences constant text[] := case audience when 'public' then array['public'] when 'signed_in' then array['public', 'signed_in'] else array['public', 'signed_in', 'internal'] end;
  fragment constant text := '%' || replace(replace(replace(trim(query), '\', '\\'), '%', '\%'), '_', '\_') || '%';
  wanted tsquery;
  found_ids uuid[];
  found_points real[];
  how text;
begin
  perform romashka.require_role(workspace, 'viewer');
  if audience is not null and audience not in ('public', 'signed_in', 'internal') then
    raise exception 'unknown audience %', audience using errcode = 'RM400', hint = 'public, signed_in or internal';
  end if;
  if length(trim(coalesce(query, ''))) = 0 then return; end if;
  wanted := romashka.knowledge_query(workspace, left(query, 1000), search_knowledge.language);
  if pg_catalog.numnode(wanted) > 0 then
    with candidates as (
      (select i.id from public.knowledge_items as i
        where romashka.knowledge_title_document(i.workspace_id, i.language, i.title) @@ (scope && wanted) and i.status = 'active' and i.audience = any (audiences)
          and (search_knowledge.language is null or i.language = search_knowledge.language) and (category is null or i.category_id = category)
        limit 150)
      union
      (select i.id from public.knowledge_items as i
        where i.search_document @@ (scope && wanted) and i.status = 'active' and i.audience = any (audiences)
          and (search_knowledge.language is null or i.language = search_knowledge.language) and (category is null or i.category_id = category)
        limit 150)),
    best as (
      select i.id, (pg_catalog.ts_rank(i.search_document, wanted) * (0.75 + 0.5 * i.effectiveness_score))::real as points
        from candidates as c join public.knowledge_items as i on i.id = c.id and i.workspace_id = workspace
       order by 2 desc, i.id limit page)
    select array_agg(b.id order by b.points desc, b.id), array_agg(b.points order by b.points desc, b.id) into found_ids, found_points from best as b;
    how := 'words';
  end if;
  -- Parts of words, numbers, codes. Fewer than three characters have no trigram and would read everything, and a whole question is no part of a word.
  if found_ids is null and length(trim(query)) between 3 and 60 then
    with best as (
      select i.id, (case when i.title ilike fragment then 0.6 else 0.1 end * (0.75 + 0.5 * i.effectiveness_score))::real as points
        from (select x.id from public.knowledge_items as x where x.title ilike fragment and x.workspace_id = workspace
              union
              select x.id from public.knowledge_items as x where x.content ilike fragment and x.workspace_id = workspace limit 500) as f
        join public.knowledge_items as i on i.id = f.id and i.workspace_id = workspace
       where i.status = 'active' and i.audience = any (audiences)
         and (search_knowledge.language is null or i.language = search_knowledge.language) and (category is null or i.category_id = category)
       order by 2 desc, i.id limit page)
    select array_agg(b.id order by b.points desc, b.id), array_agg(b.points order by b.points desc, b.id) into found_ids, found_points from best as b;
    how := 'substring';
  end if;
  return query
    select i.id, i.title, case how when 'words' then left(i.content, 300) else substr(i.content, greatest(1, strpos(lower(i.content), lower(trim(query))) - 100), 300) end,
           i.category_id, i.language, i.audience, i.effectiveness_score, f.points, how
      from unnest(found_ids, found_points) with ordinality as f (id, points, place) join public.knowledge_items as i on i.id = f.id and i.workspace_id = workspace
     order by f.place;
  -- People ask in sentences, of which articles rarely hold every word. A phrase alone in quotation marks and an exclusion are meant as they are written.
  if coalesce(cardinality(found_ids), 0) < page and query !~ '(^|\s)-\S|^\s*"[^"]*"\s*$' then
    return query
      select i.id, i.title, left(i.content, 300), i.category_id, i.language, i.audience, i.effectiveness_score,
             least(a.points * (0.75 + 0.5 * i.effectiveness_score), found_points[cardinality(found_points)])::real, 'some_words'
        from romashka.rank_articles(workspace, left(query, 1000), search_knowledge.language, page, category, audiences) as a
        join public.knowledge_items as i on i.id = a.article_id and i.workspace_id = workspace
       where found_ids is null or a.article_id <> all (found_ids)
       order by a.points * (0.75 + 0.5 * i.effectiveness_score) desc, i.id limit page - coalesce(cardinality(found_ids), 0);
  end if;
end $$;
comment on function public.search_knowledge(text, text, integer, uuid, uuid, text) is
  'Active articles that hold the words of a query (as a search engine reads it: "…", or, -), best first; where none does, those that hold it as a part of a word; then those that hold some of its words, as a question needs them. audience: public, signed_in or internal (all), for whom the answer is.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_members('public.restore_knowledge_version(uuid, integer, uuid)');
  perform romashka.grant_members('public.record_knowledge_use(uuid, text, uuid, boolean, text, uuid)');
  perform romashka.grant_members('public.search_knowledge(text, text, integer, uuid, uuid, text)');
  perform romashka.grant_function('public.create_knowledge_version()', variadic '{}');
  perform romashka.grant_function('public.update_knowledge_usage()', variadic '{}');
  perform romashka.grant_function('public.calculate_knowledge_effectiveness()', variadic '{}');
end $$;
