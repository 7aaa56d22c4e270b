-- Purpose: reading websites into the knowledge: the queue of scans, what becomes of a page, and its article.
-- Invariants: a request is made by whoever holds the scan's lease and its host, so that there is one at a time for each host over all scans, with the pause of
-- the scan before it, whoever made the last one; what comes of it is one commit with the
-- pages it leads to, the text, the article and the counters, so that a worker that is lost loses and doubles nothing; an article that somebody edited is
-- never written over.
-- Who calls: the server's workers; members cancel.
-- Lock risk: claims wait for each other for the moment of a claim; row locks on the scan, then its host, its job and its page.

create or replace function romashka.queue_scan() returns trigger language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
begin
  insert into romashka.website_scans (scan_job_id, workspace_id) values (new.id, new.workspace_id) on conflict do nothing;
  return null;
end $$;
comment on function romashka.queue_scan() is 'Trigger: a scan that is ordered is in the queue by the same commit.';
create or replace trigger website_scan_jobs_50_queue after insert on public.website_scan_jobs
  for each row when (new.status = 'pending') execute function romashka.queue_scan();

create or replace function romashka.end_scan(job uuid, workspace uuid, reason text default null) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: called by the verbs of this file.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  state text;
  code text := reason;
  troubles jsonb;
begin
  update public.website_scan_pages as p set status = 'excluded', code = coalesce(reason, 'ended'), finished_at = at
   where p.scan_job_id = job and p.workspace_id = workspace and p.status = 'pending';
  select case when reason = 'cancelled' then 'cancelled'
              when exists (select from public.website_scan_pages as p where p.scan_job_id = job and p.workspace_id = workspace and p.kind = 'page'
                             and p.status in ('taken', 'unchanged', 'duplicate', 'gone')) then 'completed' else 'failed' end into state;
  select jsonb_agg(jsonb_build_object('url', t.url, 'code', t.code, 'detail', t.detail) order by t.created_at, t.id) into troubles
    from (select p.id, p.url, p.code, p.detail, p.created_at from public.website_scan_pages as p
           where p.scan_job_id = job and p.workspace_id = workspace
             and (p.status = 'failed' or (p.status = 'excluded' and p.kind = 'page' and p.depth = 0 and p.code is distinct from reason))
           order by p.created_at, p.id limit 100) as t;
  if state = 'failed' and code is null then code := 'nothing_read'; end if;
  update public.website_scan_jobs as j
     set status = state, progress_percentage = case when state = 'completed' then 100 else j.progress_percentage end, completed_at = at,
         started_at = coalesce(j.started_at, at),
         error_details = case when code is null and troubles is null then null else jsonb_strip_nulls(jsonb_build_object('code', code, 'pages', troubles)) end
   where j.id = job and j.workspace_id = workspace;
  delete from romashka.website_scans as s where s.scan_job_id = job and s.workspace_id = end_scan.workspace;
  -- Longer than any pause or wait that is kept: nobody needs to know of these hosts.
  delete from romashka.website_hosts as h
   where h.site in (select o.site from romashka.website_hosts as o where o.free_at < at - interval '1 hour' order by o.site limit 1000 for update skip locked);
  return state;
end $$;
comment on function romashka.end_scan(uuid, uuid, text) is
  'Ends a scan: completed when any page was read, else failed; what was not visited is excluded with the reason (limit_pages, limit_time, limit_bytes, cancelled).';

create or replace function romashka.claim_scan_page(worker text, lease interval default '3 minutes', job uuid default null)
returns table (scan_job_id uuid, workspace_id uuid, lease_id uuid, page_id uuid, kind text, url text, site text, depth integer, attempt integer, urls text[], settings jsonb,
  wishes jsonb, rules jsonb, etag text, last_modified text)
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone, over all workspaces.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  token constant uuid := gen_random_uuid();
  scan romashka.website_scans;
  ordered public.website_scan_jobs;
  page public.website_scan_pages;
  reason text;
  host_due timestamptz;
begin
  -- Two claims at once could each find the other's host free.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('claim_scan_page', 0));
  loop
    select s.* into scan from romashka.website_scans as s join public.workspaces as w on w.id = s.workspace_id and w.status = 'active'
     where s.next_attempt_at <= at and (job is null or s.scan_job_id = job)
     order by s.next_attempt_at limit 1 for update of s skip locked;
    if not found then return; end if;
    select j.* into ordered from public.website_scan_jobs as j where j.id = scan.scan_job_id and j.workspace_id = scan.workspace_id;
    if cardinality(scan.sites) = 0 then
      if scan.attempt_count >= 5 then
        perform romashka.end_scan(scan.scan_job_id, scan.workspace_id, 'worker_lost');
        continue;
      end if;
      update romashka.website_scans as s set lease_id = token, locked_by = worker, next_attempt_at = at + lease, attempt_count = s.attempt_count + 1
       where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
      return query select scan.scan_job_id, scan.workspace_id, token, null::uuid, 'begin'::text, ''::text, ''::text, 0, scan.attempt_count + 1, ordered.urls,
        ordered.scan_settings, scan.wishes, null::jsonb, null::text, null::text;
      return;
    end if;
    reason := case when scan.page_count >= scan.page_limit then 'limit_pages' when at >= scan.ends_at then 'limit_time' when scan.byte_count >= scan.byte_limit then 'limit_bytes' end;
    if not exists (select from public.website_scan_pages as p where p.scan_job_id = scan.scan_job_id and p.workspace_id = scan.workspace_id and p.status = 'pending') then
      perform romashka.end_scan(scan.scan_job_id, scan.workspace_id);
      continue;
    end if;
    if reason is not null then
      perform romashka.end_scan(scan.scan_job_id, scan.workspace_id, reason);
      continue;
    end if;
    select p.* into page from public.website_scan_pages as p
     where p.scan_job_id = scan.scan_job_id and p.workspace_id = scan.workspace_id and p.status = 'pending'
       and not exists (select from romashka.website_hosts as h where h.site = p.site and greatest(h.free_at, h.asked_at + scan.pause) > at)
     order by p.kind = 'page', p.kind = 'sitemap', p.attempt_count, p.depth, p.id limit 1;
    if not found then
      -- A request may end long before its lease does.
      select min(case when h.lease_id is null or h.free_at <= at then greatest(h.free_at, h.asked_at + scan.pause) else least(h.free_at, at + interval '500 milliseconds') end) into host_due
        from romashka.website_hosts as h where h.site = any (scan.sites) and greatest(h.free_at, h.asked_at + scan.pause) > at;
      update romashka.website_scans as s set next_attempt_at = least(coalesce(host_due, at + interval '500 milliseconds'), s.ends_at + interval '1 millisecond')
       where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
      continue;
    end if;
    if page.attempt_count >= 5 then
      -- Whoever began it was lost each time.
      update public.website_scan_pages as p set status = 'failed', code = coalesce(p.code, 'worker_lost'), finished_at = at where p.id = page.id and p.workspace_id = page.workspace_id;
      if page.kind = 'robots' then
        -- What is allowed there is not known.
        update public.website_scan_pages as p set status = 'failed', code = 'robots_unreachable', finished_at = at
         where p.scan_job_id = scan.scan_job_id and p.workspace_id = scan.workspace_id and p.site = page.site and p.status = 'pending';
      end if;
      continue;
    end if;
    update public.website_scan_pages as p set attempt_count = p.attempt_count + 1 where p.id = page.id and p.workspace_id = page.workspace_id;
    insert into romashka.website_hosts as h (site, lease_id, free_at) values (page.site, token, at + lease)
    on conflict on constraint website_hosts_pkey do update set lease_id = excluded.lease_id, free_at = excluded.free_at;
    update romashka.website_scans as s set lease_id = token, locked_by = worker, page_id = page.id, next_attempt_at = at + lease
     where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
    return query
      select scan.scan_job_id, scan.workspace_id, token, page.id, page.kind, page.url, page.site, page.depth, page.attempt_count + 1, ordered.urls, ordered.scan_settings, scan.wishes,
             (select r.rules from public.website_scan_pages as r
               where r.scan_job_id = scan.scan_job_id and r.workspace_id = scan.workspace_id and r.site = page.site and r.kind = 'robots' and r.rules is not null limit 1),
             -- What is to become an article and is none yet has to be sent whole.
             case when k.is_gone or (scan.wishes ->> 'articles' <> 'none' and k.knowledge_item_id is null) then null else k.etag end,
             case when k.is_gone or (scan.wishes ->> 'articles' <> 'none' and k.knowledge_item_id is null) then null else k.last_modified end
        from (select) as always
        left join romashka.website_pages as k on k.workspace_id = scan.workspace_id and k.url = page.url;
    return;
  end loop;
end $$;
comment on function romashka.claim_scan_page(text, interval, uuid) is
  'Takes the next request of a scan that is due, or of the scan that is named: a page, a sitemap, a robots.txt, or its beginning. Ends scans that are at their end.';

create or replace function romashka.add_scan_pages(job uuid, workspace uuid, depth_limit integer, page_limit integer, pages jsonb) returns void
language plpgsql security definer set search_path = '' as $$
-- Definer: called by the verbs of this file. A site without end fills no table: four times the pages that are read are noted down.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  room constant bigint := 4 * page_limit::bigint + 100 - (select count(*) from public.website_scan_pages as p where p.scan_job_id = job and p.workspace_id = workspace);
  made integer;
  done integer;
begin
  with added as (
    insert into public.website_scan_pages (workspace_id, scan_job_id, kind, url, site, depth, status, code, detail, finished_at)
    select workspace, job, l.kind, left(l.url, 2048), coalesce(l.site, ''), coalesce(l.depth, 0), coalesce(l.status, 'pending'), l.code, left(l.detail, 2000), case when l.status is not null then at end
      from jsonb_to_recordset(pages) as l (kind text, url text, site text, depth integer, status text, code text, detail text)
     where coalesce(l.depth, 0) <= depth_limit or l.kind <> 'page'
     limit greatest(0, room)
    on conflict (scan_job_id, workspace_id, url) do nothing
    returning website_scan_pages.kind, website_scan_pages.status)
  select count(*) filter (where a.kind = 'page'), count(*) filter (where a.kind = 'page' and a.status <> 'pending') into made, done from added as a;
  if made > 0 then
    update public.website_scan_jobs as j set pages_found = j.pages_found + made, pages_processed = j.pages_processed + done where j.id = job and j.workspace_id = workspace;
  end if;
end $$;
comment on function romashka.add_scan_pages(uuid, uuid, integer, integer, jsonb) is 'Notes down what a scan is to visit, each address once.';

create or replace function romashka.begin_scan(job uuid, workspace uuid, lease uuid, sites text[], pages jsonb, page_limit integer, depth_limit integer, byte_limit bigint, seconds double precision,
  pause double precision, wishes jsonb, refusal text default null) returns boolean
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
begin
  perform from romashka.website_scans as s where s.scan_job_id = job and s.workspace_id = begin_scan.workspace and s.lease_id = lease for update;
  if not found then return false; end if;
  update public.website_scan_jobs as j set status = 'scanning', started_at = coalesce(j.started_at, at) where j.id = job and j.workspace_id = begin_scan.workspace;
  perform romashka.add_scan_pages(job, workspace, depth_limit, page_limit, pages);
  if refusal is not null or cardinality(sites) = 0 then
    perform romashka.end_scan(job, workspace, refusal);
    return true;
  end if;
  -- Known pages are visited although nothing leads to them any more: so it is found that they are gone.
  perform romashka.add_scan_pages(job, workspace, depth_limit, page_limit,
    (select coalesce(jsonb_agg(jsonb_build_object('kind', 'page', 'url', k.url, 'site', k.site, 'depth', k.depth) order by k.depth, k.url), '[]')
       from (select w.url, w.site, w.depth from romashka.website_pages as w
              where w.workspace_id = begin_scan.workspace and w.site = any (begin_scan.sites) and not w.is_gone and w.depth <= begin_scan.depth_limit
              order by w.depth, w.url limit begin_scan.page_limit) as k));
  update romashka.website_scans as s
     set sites = begin_scan.sites, page_limit = begin_scan.page_limit, depth_limit = begin_scan.depth_limit, byte_limit = begin_scan.byte_limit, wishes = begin_scan.wishes,
         pause = make_interval(secs => begin_scan.pause), ends_at = at + make_interval(secs => seconds), lease_id = null, locked_by = null, next_attempt_at = at
   where s.scan_job_id = job and s.workspace_id = begin_scan.workspace;
  return true;
end $$;
comment on function romashka.begin_scan(uuid, uuid, uuid, text[], jsonb, integer, integer, bigint, double precision, double precision, jsonb, text) is
  'Begins a scan with what is to be visited first; without a site, or with a refusal, it ends at once. False when the lease is lost.';

create or replace function romashka.place_page_article(workspace uuid, page_url text, known romashka.website_pages, text_read jsonb, wishes jsonb)
returns table (article_id uuid, article_version integer, was_edited boolean) language plpgsql security definer set search_path = '' as $$
-- Definer: called by finish_scan_page.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  publishes constant boolean := wishes ->> 'articles' = 'publish';
  new_title constant text := text_read ->> 'title';
  new_content constant text := text_read ->> 'content';
  item public.knowledge_items;
begin
  if known.knowledge_item_id is not null then
    select i.* into item from public.knowledge_items as i where i.id = known.knowledge_item_id and i.workspace_id = workspace for update;
  else
    select i.* into item from public.knowledge_items as i
     where i.workspace_id = workspace and i.source_type = 'url' and md5(i.source_url) = md5(page_url) and i.source_url = page_url order by i.created_at, i.id limit 1 for update;
  end if;
  if item.id is null then
    return query
      insert into public.knowledge_items as i (workspace_id, title, content, source_type, source_url, language, audience, status, confidence_score, change_note)
      values (workspace, new_title, new_content, 'url', page_url, coalesce(text_read ->> 'language', wishes ->> 'language', 'en'), coalesce(wishes ->> 'audience', 'public'),
        case when publishes then 'active' else 'draft' end, coalesce((text_read ->> 'quality')::numeric, 0.8), 'read from its page')
      returning i.id, i.version, false;
  elsif item.title = new_title and item.content = new_content or item.version = known.article_version then
    return query
      update public.knowledge_items as i
         set title = new_title, content = new_content,
             change_note = case when i.title = new_title and i.content = new_content then i.change_note else 'its page was changed, after version ' || i.version end,
             status = case when i.status = 'archived' and known.is_archived then case when publishes then 'active' else 'draft' end
                           -- One that was published before was taken back by a person.
                           when i.status = 'draft' and i.published_at is null and publishes then 'active' else i.status end
       where i.id = item.id and i.workspace_id = workspace
      returning i.id, i.version, false;
  else
    -- What a person wrote stays; he is asked to look at the page.
    update public.knowledge_items as i set review_due_at = least(i.review_due_at, at) where i.id = item.id and i.workspace_id = workspace;
    return query select item.id, known.article_version, true;
  end if;
end $$;
comment on function romashka.place_page_article(uuid, text, romashka.website_pages, jsonb, jsonb) is
  'Makes the article of a page, or brings it up to date where nobody edited it; else it is put up for review.';

create or replace function romashka.retire_page(workspace uuid, page_url text, wishes jsonb) returns uuid language plpgsql security definer set search_path = '' as $$
-- Definer: called by finish_scan_page.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  known romashka.website_pages;
begin
  update romashka.website_pages as k set is_gone = true, seen_at = at where k.workspace_id = retire_page.workspace and k.url = page_url and not k.is_gone returning k.* into known;
  if known.knowledge_item_id is not null then
    update public.knowledge_items as i set status = 'archived'
     where i.id = known.knowledge_item_id and i.workspace_id = retire_page.workspace and i.status <> 'archived'
       and (wishes ->> 'archive_gone')::boolean and i.version = known.article_version;
    if found then
      -- What a scan has put away, a scan may bring back.
      update romashka.website_pages as k set is_archived = true where k.id = known.id and k.workspace_id = known.workspace_id;
    else
      update public.knowledge_items as i set review_due_at = least(i.review_due_at, at)
       where i.id = known.knowledge_item_id and i.workspace_id = retire_page.workspace and i.status <> 'archived';
    end if;
  end if;
  return known.knowledge_item_id;
end $$;
comment on function romashka.retire_page(uuid, text, jsonb) is 'A known page is gone: its article is archived where the scan says so and nobody edited it, else put up for review.';

create or replace function romashka.finish_scan_page(page uuid, workspace uuid, lease uuid, report jsonb) returns text
language plpgsql security definer set search_path = '' as $$
-- Definer: the server's alone.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  scan romashka.website_scans;
  seen public.website_scan_pages;
  known romashka.website_pages;
  text_read constant jsonb := report -> 'text';
  outcome text := report ->> 'outcome';
  reason text := report ->> 'code';
  words text := report ->> 'detail';
  wait constant interval := make_interval(secs => coalesce((report ->> 'wait')::double precision, 0));
  leads jsonb := coalesce(report -> 'links', '[]');
  twin text;
  placed record;
  item uuid;
  sent_bytes constant bigint := coalesce((report ->> 'bytes')::bigint, 0);
  new_sketch bit(512);
  is_put_off boolean;
begin
  select s.* into scan from romashka.website_scans as s where s.workspace_id = finish_scan_page.workspace and s.page_id = page and s.lease_id = lease for update;
  -- Its host is free also where the scan was ended meanwhile. Who is too busy is left alone by all, whether or not this scan comes back.
  update romashka.website_hosts as h
     set lease_id = null, free_at = at + greatest(case when outcome = 'retry' and (report ->> 'http_status') in ('429', '503') then wait else '0'::interval end,
           -- Whose pause is longer comes to his turn as well.
           (select max(o.pause) from romashka.website_scans as o where h.site = any (o.sites) and (o.scan_job_id, o.workspace_id) <> (scan.scan_job_id, scan.workspace_id))),
         asked_at = case when (report ->> 'was_asked')::boolean then at else h.asked_at end
   where h.lease_id = lease;
  if scan.scan_job_id is null then return null; end if;
  select p.* into seen from public.website_scan_pages as p where p.id = page and p.workspace_id = finish_scan_page.workspace and p.status = 'pending' for update;
  if not found then return null; end if;

  if outcome = 'retry' then
    if seen.attempt_count < 4 and at + wait < scan.ends_at then
      update public.website_scan_pages as p set code = reason, detail = left(words, 2000), http_status = (report ->> 'http_status')::integer, byte_count = p.byte_count + sent_bytes
       where p.id = page and p.workspace_id = finish_scan_page.workspace;
      update romashka.website_scans as s set lease_id = null, locked_by = null, page_id = null, byte_count = s.byte_count + sent_bytes, next_attempt_at = at + wait
       where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
      return 'retry';
    end if;
    outcome := 'failed';
  end if;

  select k.* into known from romashka.website_pages as k where k.workspace_id = finish_scan_page.workspace and k.url = seen.url for update;
  if outcome = 'taken' then
    new_sketch := ('x' || (text_read ->> 'sketch'))::bit(512);
    if known.checksum is distinct from text_read ->> 'checksum' then
      select k.url into twin from romashka.website_pages as k
       where k.workspace_id = finish_scan_page.workspace and k.site = seen.site and k.url <> seen.url and not k.is_gone
         and (k.checksum = text_read ->> 'checksum' or bit_count(('x' || encode(k.sketch, 'hex'))::bit(512) # new_sketch) <= 12)
       order by k.depth, k.seen_at limit 1;
    end if;
    if twin is not null then
      outcome := 'duplicate';
      words := twin;
      -- One that had an article of its own has it no more.
      if known.id is not null then item := romashka.retire_page(workspace, seen.url, scan.wishes); end if;
    else
      if known.id is not null and not known.is_gone and known.checksum = text_read ->> 'checksum' and (scan.wishes ->> 'articles' = 'none' or known.knowledge_item_id is not null) then
        outcome := 'unchanged';
        item := known.knowledge_item_id;
      else
        insert into public.extracted_content (workspace_id, scan_job_id, url, title, content, content_type, headings, metadata, word_count, processing_quality)
        values (workspace, scan.scan_job_id, seen.url, text_read ->> 'title', text_read ->> 'content', text_read ->> 'content_type', text_read -> 'headings', text_read -> 'metadata',
          (text_read ->> 'word_count')::integer, (text_read ->> 'quality')::numeric);
        item := known.knowledge_item_id;
        if scan.wishes ->> 'articles' <> 'none' then
          select a.* into placed from romashka.place_page_article(workspace, seen.url, known, text_read, scan.wishes) as a;
          item := placed.article_id;
          known.article_version := placed.article_version;
          if placed.was_edited then reason := 'edited'; end if;
        end if;
      end if;
      -- What was read and not put into its article is asked for again by the next scan.
      is_put_off := outcome <> 'unchanged' and scan.wishes ->> 'articles' = 'none' and known.knowledge_item_id is not null;
      insert into romashka.website_pages as k (workspace_id, url, site, depth, etag, last_modified, checksum, sketch, links, knowledge_item_id, article_version, seen_at)
      values (workspace, seen.url, seen.site, seen.depth, case when not is_put_off then report ->> 'etag' end, case when not is_put_off then report ->> 'last_modified' end,
        case when is_put_off then known.checksum else text_read ->> 'checksum' end, case when is_put_off then known.sketch else decode(text_read ->> 'sketch', 'hex') end,
        array(select l ->> 'url' from jsonb_array_elements(leads) as l limit 1000), item, known.article_version, at)
      on conflict (workspace_id, url) do update
        set depth = least(k.depth, excluded.depth), etag = excluded.etag, last_modified = excluded.last_modified, checksum = excluded.checksum, sketch = excluded.sketch, links = excluded.links,
            is_gone = false, is_archived = false, knowledge_item_id = excluded.knowledge_item_id, article_version = excluded.article_version, seen_at = excluded.seen_at;
    end if;
  elsif outcome = 'unchanged' then
    item := known.knowledge_item_id;
    leads := (select coalesce(jsonb_agg(jsonb_build_object('kind', 'page', 'url', l.url, 'site', seen.site, 'depth', seen.depth + 1)), '[]') from unnest(known.links) as l (url));
    update romashka.website_pages as k set seen_at = at, depth = least(k.depth, seen.depth) where k.id = known.id and k.workspace_id = known.workspace_id;
  elsif outcome = 'gone' or reason in ('noindex', 'redirect', 'other_host', 'canonical', 'no_text') then
    -- What has moved is known by its new name.
    if known.id is null and outcome = 'gone' then outcome := 'failed'; else item := romashka.retire_page(workspace, seen.url, scan.wishes); end if;
  end if;
  if outcome = 'unchanged' and item is not null and scan.wishes ->> 'articles' = 'publish' then
    update public.knowledge_items as i set status = 'active' where i.id = item and i.workspace_id = finish_scan_page.workspace and i.status = 'draft' and i.published_at is null and i.version = known.article_version;
  end if;

  update public.website_scan_pages as p
     set status = outcome, code = reason, detail = left(words, 2000), http_status = (report ->> 'http_status')::integer, byte_count = p.byte_count + sent_bytes, rules = report -> 'rules',
         knowledge_item_id = item, finished_at = at
   where p.id = page and p.workspace_id = finish_scan_page.workspace;
  if seen.kind = 'robots' and outcome = 'failed' then
    -- Who cannot be asked what is allowed has allowed nothing (RFC 9309, 2.3.1.4).
    update public.website_scan_pages as p set status = 'failed', code = case when reason = 'blocked' then reason else 'robots_unreachable' end, finished_at = at
     where p.scan_job_id = scan.scan_job_id and p.workspace_id = finish_scan_page.workspace and p.site = seen.site and p.status = 'pending';
  end if;
  perform romashka.add_scan_pages(scan.scan_job_id, workspace, scan.depth_limit, scan.page_limit, leads);
  update public.website_scan_jobs as j
     set pages_processed = c.done, progress_percentage = least(99, 100 * c.done / greatest(1, least(j.pages_found, scan.page_limit)))
    from (select count(*)::integer as done from public.website_scan_pages as p
           where p.scan_job_id = scan.scan_job_id and p.workspace_id = finish_scan_page.workspace and p.kind = 'page' and p.status <> 'pending') as c
   where j.id = scan.scan_job_id and j.workspace_id = scan.workspace_id;
  update romashka.website_scans as s
     set lease_id = null, locked_by = null, page_id = null, byte_count = s.byte_count + sent_bytes,
         page_count = s.page_count + ((report ->> 'was_asked')::boolean and seen.kind = 'page')::integer,
         pause = greatest(s.pause, make_interval(secs => coalesce((report ->> 'pause')::double precision, 0))), next_attempt_at = at
   where s.scan_job_id = scan.scan_job_id and s.workspace_id = scan.workspace_id;
  if not exists (select from public.website_scan_pages as p where p.scan_job_id = scan.scan_job_id and p.workspace_id = finish_scan_page.workspace and p.status = 'pending') then
    perform romashka.end_scan(scan.scan_job_id, workspace);
  end if;
  return outcome;
end $$;
comment on function romashka.finish_scan_page(uuid, uuid, uuid, jsonb) is
  'Writes down what came of a request, in one commit: text, article, the pages it leads to, counters, and when the next request may be made. Null when the lease is lost.';

create or replace function public.cancel_scan(job uuid, workspace uuid default public.current_workspace_id()) returns text language plpgsql security definer set search_path = '' as $$
-- Definer: the queue is the server's alone.
declare
  state text;
begin
  perform romashka.require_role(workspace, 'admin');
  -- The scan's row first, as its workers do.
  perform from romashka.website_scans as s where s.scan_job_id = job and s.workspace_id = cancel_scan.workspace for update;
  select j.status into state from public.website_scan_jobs as j where j.id = job and j.workspace_id = cancel_scan.workspace;
  if not found then raise exception 'no such scan' using errcode = 'RM404'; end if;
  if state in ('pending', 'scanning', 'processing') then return romashka.end_scan(job, workspace, 'cancelled'); end if;
  return state;
end $$;
comment on function public.cancel_scan(uuid, uuid) is 'Ends a scan before its end; what was read stays. Returns how the scan stands then.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('romashka.claim_scan_page(text, interval, uuid)', 'service_role');
  perform romashka.grant_function('romashka.begin_scan(uuid, uuid, uuid, text[], jsonb, integer, integer, bigint, double precision, double precision, jsonb, text)', 'service_role');
  perform romashka.grant_function('romashka.finish_scan_page(uuid, uuid, uuid, jsonb)', 'service_role');
  perform romashka.grant_members('public.cancel_scan(uuid, uuid)');
end $$;
