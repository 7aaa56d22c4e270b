-- Purpose: the passages of articles: which are to be made, and what a process has to know of them.
-- Invariants: a text that was changed is in the queue by the commit that changed it; passages of an older text are never put in place of newer
-- ones; what left the knowledge (archived, deleted, for fewer readers) is not found from its commit on.
-- Who calls: the server's workers; members through the functions in public.
-- Lock risk: row locks on the queue, skipped by whoever claims; the row of the workspace's revision for the end of a transaction that changes passages.

create or replace function romashka.next_knowledge_revision(workspace uuid, removal boolean default false) returns bigint language plpgsql security definer set search_path = '' as $$
-- Definer: called by triggers and verbs of this file. The row lock orders revisions as they are committed: who has seen one has seen all before it.
declare
  made bigint;
begin
  insert into romashka.knowledge_revisions as r (workspace_id, revision, removals) values (workspace, 1, removal::integer)
  on conflict (workspace_id) do update set revision = r.revision + 1, removals = r.removals + excluded.removals
  returning r.revision into made;
  return made;
end $$;
comment on function romashka.next_knowledge_revision(uuid, boolean) is 'Counts a change of a workspace''s passages.';

create or replace function romashka.queue_indexing() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
declare
  at constant timestamptz := pg_catalog.now();
  made bigint;
begin
  if tg_op = 'DELETE' then
    -- When the workspace itself goes, nobody asks any more.
    if exists (select from public.workspaces as w where w.id = old.workspace_id) then
      perform romashka.next_knowledge_revision(old.workspace_id, removal => true);
    end if;
    return null;
  end if;
  if tg_op = 'INSERT' or (old.title, old.content) is distinct from (new.title, new.content) then
    insert into romashka.knowledge_indexing as q (knowledge_item_id, workspace_id) values (new.id, new.workspace_id)
    on conflict (knowledge_item_id, workspace_id) do update
      set status = 'pending', attempt_count = 0, next_attempt_at = at, lease_id = null, locked_by = null, error_message = null;
  end if;
  if tg_op = 'UPDATE' and (old.language, old.status, old.audience) is distinct from (new.language, new.status, new.audience)
     and exists (select from romashka.knowledge_passages as p where p.knowledge_item_id = new.id and p.workspace_id = new.workspace_id) then
    made := romashka.next_knowledge_revision(new.workspace_id);
    update romashka.knowledge_passages as p set revision = made
     where p.knowledge_item_id = new.id and p.workspace_id = new.workspace_id;
  end if;
  return null;
end $$;
comment on function romashka.queue_indexing() is 'Trigger: passages are made anew for a new text; a change of readers or of status is told to whoever holds passages in memory.';
create or replace trigger knowledge_items_50_index after insert on public.knowledge_items
  for each row execute function romashka.queue_indexing();
create or replace trigger knowledge_items_50_index_again after update of title, content, language, status, audience on public.knowledge_items
  for each row when (old.title is distinct from new.title or old.content is distinct from new.content or old.language is distinct from new.language
    or old.status is distinct from new.status or old.audience is distinct from new.audience)
  execute function romashka.queue_indexing();
create or replace trigger knowledge_items_50_index_removed after delete on public.knowledge_items
  for each row execute function romashka.queue_indexing();

create or replace function romashka.claim_indexing(batch_size integer, worker text, lease interval default '10 minutes')
returns table (knowledge_item_id uuid, workspace_id uuid, lease_id uuid, version integer, title text, content text)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
begin
  return query
    with chosen as materialized (
      select q.knowledge_item_id, q.workspace_id from romashka.knowledge_indexing as q
        join public.workspaces as w on w.id = q.workspace_id and w.status = 'active'
       where q.status in ('pending', 'indexing') and q.next_attempt_at <= at
       order by q.next_attempt_at limit greatest(1, least(batch_size, 1000)) for update of q skip locked),
    taken as (
      update romashka.knowledge_indexing as q set status = 'indexing', lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = q.attempt_count + 1
        from chosen as c where q.knowledge_item_id = c.knowledge_item_id and q.workspace_id = c.workspace_id returning q.*)
    select t.knowledge_item_id, t.workspace_id, t.lease_id, i.version, i.title, i.content
      from taken as t join public.knowledge_items as i on i.id = t.knowledge_item_id and i.workspace_id = t.workspace_id;
end $$;
comment on function romashka.claim_indexing(integer, text, interval) is 'Takes up to batch_size articles whose passages are to be made, with their present text.';

create or replace function romashka.finish_indexing(item uuid, workspace uuid, lease uuid, version integer, model text, headings jsonb, contents text[], embeddings bytea[],
  sentence_bounds jsonb, sentence_embeddings jsonb) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  made bigint;
begin
  -- A change of the article takes the lease away, so that what was made of an older text is not put in place.
  update romashka.knowledge_indexing as q set status = 'indexed', lease_id = null, locked_by = null, error_message = null, attempt_count = 0, indexed_at = at,
         model = finish_indexing.model, version = finish_indexing.version
   where q.knowledge_item_id = item and q.workspace_id = finish_indexing.workspace and q.lease_id = lease and q.status = 'indexing';
  if not found then return false; end if;
  -- The claim's statement may have seen the text of before a change whose place in the queue it saw.
  if not exists (select from public.knowledge_items as i where i.id = item and i.workspace_id = finish_indexing.workspace and i.version = finish_indexing.version) then
    update romashka.knowledge_indexing as q set status = 'pending', next_attempt_at = at where q.knowledge_item_id = item and q.workspace_id = finish_indexing.workspace;
    return false;
  end if;
  made := romashka.next_knowledge_revision(workspace);
  delete from romashka.knowledge_passages as p where p.knowledge_item_id = item and p.workspace_id = finish_indexing.workspace;
  insert into romashka.knowledge_passages (workspace_id, knowledge_item_id, model, version, position, headings, content, embedding, sentence_bounds, sentence_embeddings, revision)
  select finish_indexing.workspace, item, finish_indexing.model, finish_indexing.version, (p.place - 1)::integer,
         array(select jsonb_array_elements_text(headings -> (p.place - 1)::integer)), p.content, p.embedding,
         array(select value::integer from jsonb_array_elements_text(sentence_bounds -> (p.place - 1)::integer)),
         array(select decode(value, 'hex') from jsonb_array_elements_text(sentence_embeddings -> (p.place - 1)::integer)), made
    from unnest(contents, embeddings) with ordinality as p (content, embedding, place);
  return true;
end $$;
comment on function romashka.finish_indexing(uuid, uuid, uuid, integer, text, jsonb, text[], bytea[], jsonb, jsonb) is
  'Puts the passages of an article in place of those before. False when the lease is lost, as by a change of the article, or when they are of an older text.';

create or replace function romashka.fail_indexing(item uuid, workspace uuid, lease uuid, message text) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  luck constant double precision := pg_catalog.random();
  state text;
begin
  update romashka.knowledge_indexing as q
     set status = case when q.attempt_count >= 8 then 'failed' else 'pending' end, lease_id = null, locked_by = null, error_message = left(fail_indexing.message, 2000),
         next_attempt_at = at + romashka.backoff(q.attempt_count, '5 seconds', '1 hour', luck)
   where q.knowledge_item_id = item and q.workspace_id = fail_indexing.workspace and q.lease_id = lease and q.status = 'indexing' returning q.status into state;
  return state;
end $$;
comment on function romashka.fail_indexing(uuid, uuid, uuid, text) is 'Gives an article back whose passages could not be made: pending, or failed after eight attempts. Null when the lease is lost.';

create or replace function romashka.queue_other_models(model text) returns bigint language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, at its start.
declare
  changed bigint;
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  update romashka.knowledge_indexing as q set status = 'pending', attempt_count = 0, next_attempt_at = at
   where q.status = 'indexed' and q.model is distinct from queue_other_models.model;
  get diagnostics changed = row_count;
  return changed;
end $$;
comment on function romashka.queue_other_models(text) is 'Puts every article into the queue whose passages another model made; returns how many.';

create or replace function romashka.read_passages(workspace uuid, model text, since bigint) returns table (knowledge_item_id uuid, place integer, embedding bytea, language text, audience text, is_active boolean, revision bigint)
language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone, for its memory. What of it a reader may see is decided when it is shown: show_passages.
begin
  return query
    select p.knowledge_item_id, p.position, p.embedding, i.language, i.audience, i.status = 'active', p.revision
      from romashka.knowledge_passages as p join public.knowledge_items as i on i.id = p.knowledge_item_id and i.workspace_id = p.workspace_id
     where p.workspace_id = read_passages.workspace and p.model = read_passages.model and p.revision > since
     order by p.knowledge_item_id, p.position;
end $$;
comment on function romashka.read_passages(uuid, text, bigint) is 'The passages of a workspace that changed after a revision, with what they are chosen by.';

create or replace function romashka.knowledge_revision(workspace uuid) returns table (revision bigint, removals bigint) language plpgsql stable security definer set search_path = '' as $$
-- Definer: the server's alone.
begin
  return query select r.revision, r.removals from romashka.knowledge_revisions as r where r.workspace_id = knowledge_revision.workspace;
end $$;
comment on function romashka.knowledge_revision(uuid) is 'How often the workspace''s passages changed, and how often articles were deleted; no row where nothing ever changed.';

create or replace function public.rank_knowledge(query text, language text default null, limit_count integer default 50, category uuid default null, audience text default null,
  identifiers text[] default '{}', workspace uuid default public.current_workspace_id())
returns table (article_id uuid, points real, identifier_count integer, confidence_threshold double precision, handoff_threshold double precision) language plpgsql stable security definer set search_path = '' as $$
-- Definer: as search_knowledge. One row without an article when the words find nothing, so that the thresholds are always told.
declare
  audiences constant text[] := case audience when 'public' then array['public'] when 'signed_in' then array['public', 'signed_in'] else array['public', 'signed_in', 'internal'] end;
begin
  perform romashka.require_role(workspace, 'viewer');
  if audience is not null and audience not in ('public', 'signed_in', 'internal') then
    raise exception 'unknown audience %', audience using errcode = 'RM400', hint = 'public, signed_in or internal';
  end if;
  return query
    select a.article_id, a.points,
           (select count(*)::integer from unnest(identifiers) as wanted where strpos(upper(i.title || ' ' || i.content), upper(wanted)) > 0),
           (romashka.setting(workspace, 'ai_confidence_threshold') #>> '{}')::float8, (romashka.setting(workspace, 'ai_handoff_threshold') #>> '{}')::float8
      from (select) as always
      left join romashka.rank_articles(workspace, left(query, 1000), rank_knowledge.language, greatest(1, least(limit_count, 200)), category, audiences) as a on true
      left join public.knowledge_items as i on i.id = a.article_id and i.workspace_id = workspace
     order by a.points desc, a.article_id;
end $$;
comment on function public.rank_knowledge(text, text, integer, uuid, text, text[], uuid) is
  'What the words of a question find, for the ranking by meaning: articles, best first, their points, how many of the identifiers each holds, and from what probability on the workspace answers (ai_confidence_threshold) and suggests (ai_handoff_threshold).';

create or replace function public.show_passages(items uuid[], positions integer[], audience text default null, workspace uuid default public.current_workspace_id())
returns table (article_id uuid, place integer, title text, version integer, item_language text, item_audience text, headings text[], content text, sentence_bounds integer[], sentence_embeddings bytea[])
language plpgsql stable security definer set search_path = '' as $$
-- Definer: as search_knowledge. Status and readers are those of this moment, whatever the memory of the one who asks says.
declare
  audiences constant text[] := case audience when 'public' then array['public'] when 'signed_in' then array['public', 'signed_in'] else array['public', 'signed_in', 'internal'] end;
begin
  perform romashka.require_role(workspace, 'viewer');
  return query
    select i.id, w.place, i.title, coalesce(p.version, i.version), i.language, i.audience, coalesce(p.headings, '{}'), coalesce(p.content, left(i.content, 1000)),
           coalesce(p.sentence_bounds, '{}'), coalesce(p.sentence_embeddings, '{}')
      from unnest(items, positions) with ordinality as w (item, place, turn)
      join public.knowledge_items as i on i.id = w.item and i.workspace_id = workspace and i.status = 'active' and i.audience = any (audiences)
      left join romashka.knowledge_passages as p on p.knowledge_item_id = i.id and p.workspace_id = i.workspace_id and p.position = w.place
     where p.id is not null or w.place = 1
     order by w.turn;
end $$;
comment on function public.show_passages(uuid[], integer[], text, uuid) is 'The passages that were chosen, of active articles that the reader may see, in the order asked for. Place 1 of an article without passages is how its text begins.';

create or replace function public.knowledge_index_state(workspace uuid default public.current_workspace_id()) returns table (status text, articles bigint) language plpgsql stable security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
begin
  perform romashka.require_role(workspace, 'viewer');
  return query select q.status, count(*) from romashka.knowledge_indexing as q where q.workspace_id = workspace group by q.status order by q.status;
end $$;
comment on function public.knowledge_index_state(uuid) is 'How many articles'' passages are made (indexed), to be made (pending, indexing) or could not be (failed).';

create or replace function public.reindex_knowledge(workspace uuid default public.current_workspace_id()) returns bigint language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
declare
  at constant timestamptz := pg_catalog.now();
  changed bigint;
begin
  perform romashka.require_role(workspace, 'admin');
  insert into romashka.knowledge_indexing as q (knowledge_item_id, workspace_id) select i.id, i.workspace_id from public.knowledge_items as i where i.workspace_id = workspace
  on conflict (knowledge_item_id, workspace_id) do update set status = 'pending', attempt_count = 0, next_attempt_at = at, lease_id = null, locked_by = null, error_message = null;
  get diagnostics changed = row_count;
  return changed;
end $$;
comment on function public.reindex_knowledge(uuid) is 'Puts every article of the workspace into the queue of those whose passages are made anew; returns how many. What is found meanwhile stays.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.claim_indexing(integer, text, interval)', 'service_role');
  perform romashka.grant_function('romashka.finish_indexing(uuid, uuid, uuid, integer, text, jsonb, text[], bytea[], jsonb, jsonb)', 'service_role');
  perform romashka.grant_function('romashka.fail_indexing(uuid, uuid, uuid, text)', 'service_role');
  perform romashka.grant_function('romashka.queue_other_models(text)', 'service_role');
  perform romashka.grant_function('romashka.read_passages(uuid, text, bigint)', 'service_role');
  perform romashka.grant_function('romashka.knowledge_revision(uuid)', 'service_role');
  perform romashka.grant_members('public.rank_knowledge(text, text, integer, uuid, text, text[], uuid)');
  perform romashka.grant_members('public.show_passages(uuid[], integer[], text, uuid)');
  perform romashka.grant_members('public.knowledge_index_state(uuid)');
  perform romashka.grant_members('public.reindex_knowledge(uuid)');
end $$;

-- Files --------------------------------------------------------------------------------------------------------------------
-- Articles that are read from files: made, changed, or put away as their file is. A file's article is one, found by its path; what did not change
-- is not written; a person's filing, tags and archiving stay. Imports of one workspace wait for each other for the time of a transaction.

create or replace function romashka.file_category(path text[], workspace uuid) returns uuid language plpgsql set search_path = '' as $$
declare
  above uuid;
  found_id uuid;
  part text;
begin
  foreach part in array path loop
    select c.id into found_id from public.knowledge_categories as c
     where c.workspace_id = workspace and coalesce(c.parent_id, '00000000-0000-0000-0000-000000000000'::uuid) = coalesce(above, '00000000-0000-0000-0000-000000000000'::uuid)
       and lower(c.name) = lower(part);
    if not found then
      insert into public.knowledge_categories (workspace_id, name, parent_id) values (workspace, part, above) returning id into found_id;
    end if;
    above := found_id;
  end loop;
  return above;
end $$;
comment on function romashka.file_category(text[], uuid) is 'The category at the end of a path, outermost first; made with those above it where it is missing. Null for an empty path.';

create or replace function public.place_file_article(file_path text, checksum text, title text, content text, category text[] default '{}', language text default null,
  audience text default null, status text default null, workspace uuid default public.current_workspace_id())
returns table (article_id uuid, outcome text) language plpgsql set search_path = '' as $$
declare
  known public.knowledge_items;
  returns_to_life boolean;
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('knowledge_files ' || workspace::text, 0));
  select * into known from public.knowledge_items as i
   where i.workspace_id = workspace and i.file_path = place_file_article.file_path and i.file_checksum is not null;
  if not found then
    return query
      insert into public.knowledge_items as i (workspace_id, title, content, category_id, source_type, file_path, file_checksum, language, audience, status, change_note)
      values (workspace, place_file_article.title, place_file_article.content, romashka.file_category(place_file_article.category, workspace), 'file', place_file_article.file_path,
        checksum, coalesce(place_file_article.language, 'en'), coalesce(place_file_article.audience, 'public'), coalesce(place_file_article.status, 'draft'), 'read from its file')
      returning i.id, 'created'::text;
    return;
  end if;
  returns_to_life := known.file_checksum = '';
  if known.file_checksum = checksum and known.language = coalesce(place_file_article.language, known.language)
    and known.audience = coalesce(place_file_article.audience, known.audience)
    and not (known.status = 'draft' and coalesce(place_file_article.status, 'draft') = 'active') then
    return query select known.id, 'unchanged'::text;
    return;
  end if;
  return query
    update public.knowledge_items as i
       set title = case when known.file_checksum = checksum then i.title else place_file_article.title end,
           content = case when known.file_checksum = checksum then i.content else place_file_article.content end,
           change_note = case when known.file_checksum = checksum then i.change_note else 'its file was changed, after version ' || i.version end,
           file_checksum = checksum,
           language = coalesce(place_file_article.language, i.language), audience = coalesce(place_file_article.audience, i.audience),
           -- Who archived an article wants it away, whatever becomes of its file; who did not is asked again.
           status = case when returns_to_life then coalesce(place_file_article.status, 'draft')
                         when i.status = 'draft' then coalesce(place_file_article.status, i.status) else i.status end
     where i.id = known.id and i.workspace_id = workspace
    returning i.id, 'changed'::text;
end $$;
comment on function public.place_file_article(text, text, text, text, text[], text, text, text, uuid) is
  'Makes the article of a file, or changes it when the checksum is another one: created, changed or unchanged. Category and a status of draft are for new articles; status active publishes drafts; language and audience are set where they are given.';

create or replace function public.archive_missing_files(root text, present text[], workspace uuid default public.current_workspace_id())
returns table (article_id uuid, file_path text) language plpgsql set search_path = '' as $$
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('knowledge_files ' || workspace::text, 0));
  return query
    update public.knowledge_items as i set status = 'archived', file_checksum = ''
     where i.workspace_id = workspace and i.file_checksum <> '' and i.status <> 'archived'
       and pg_catalog.starts_with(i.file_path, root) and i.file_path <> all (present)
    returning i.id, i.file_path;
end $$;
comment on function public.archive_missing_files(text, text[], uuid) is
  'Archives the articles of files whose path begins with root and is not among those that are present; returns them. An article comes back with its file.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_members('romashka.file_category(text[], uuid)');
  perform romashka.grant_members('public.place_file_article(text, text, text, text, text[], text, text, text, uuid)');
  perform romashka.grant_members('public.archive_missing_files(text, text[], uuid)');
end $$;
