-- Purpose: what the assistant and the help centre know, each version of it, how it fared, and where it was found.
-- Invariants: version 1 is kept from the start and no number is used twice; categories form trees; what changes with each use is in no index.
-- Who writes: agents and admins edit; usage and effectiveness are kept by triggers; scans by the server.
-- Lock risk: an answer's feedback locks its article's row.

create table if not exists public.knowledge_categories (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  name text not null,
  description text,
  parent_id uuid,
  order_index integer not null default 0,
  icon text,
  color text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint knowledge_categories_pkey primary key (id, workspace_id),
  constraint knowledge_categories_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint knowledge_categories_parent_id_fkey foreign key (parent_id, workspace_id) references public.knowledge_categories (id, workspace_id),
  constraint knowledge_categories_name_check check (length(name) between 1 and 255),
  constraint knowledge_categories_parent_id_check check (parent_id <> id)
);
comment on table public.knowledge_categories is 'Trees of topics that articles are filed under.';
create unique index if not exists knowledge_categories_name_key on public.knowledge_categories
  (workspace_id, coalesce(parent_id, '00000000-0000-0000-0000-000000000000'::uuid), lower(name));
create index if not exists knowledge_categories_parent_id_idx on public.knowledge_categories (parent_id, workspace_id) where parent_id is not null;

create table if not exists public.knowledge_items (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  title text not null,
  content text not null,
  category_id uuid,
  source_type text not null,
  source_url text,
  file_path text,
  file_checksum text,
  confidence_score numeric not null default 0.8,
  usage_count integer not null default 0,
  helpful_count integer not null default 0,
  unhelpful_count integer not null default 0,
  effectiveness_score numeric not null default 0.5,
  language text not null default 'en',
  tags text[] not null default '{}',
  status text not null default 'active',
  audience text not null default 'public',
  version integer not null default 1,
  published_at timestamptz,
  reviewed_at timestamptz,
  review_due_at timestamptz,
  last_used_at timestamptz,
  change_note text,
  created_by uuid,
  updated_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  search_document tsvector not null generated always as (romashka.knowledge_document(workspace_id, language, title, content)) stored,
  constraint knowledge_items_pkey primary key (id, workspace_id),
  constraint knowledge_items_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint knowledge_items_category_id_fkey foreign key (category_id, workspace_id) references public.knowledge_categories (id, workspace_id),
  constraint knowledge_items_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint knowledge_items_updated_by_fkey foreign key (updated_by) references public.profiles (id) on delete set null,
  constraint knowledge_items_title_check check (length(title) between 1 and 500),
  constraint knowledge_items_source_type_check check (source_type in ('url', 'file', 'manual')),
  constraint knowledge_items_confidence_score_check check (confidence_score between 0 and 1),
  constraint knowledge_items_effectiveness_score_check check (effectiveness_score between 0 and 1),
  constraint knowledge_items_usage_count_check check (usage_count >= 0),
  constraint knowledge_items_helpful_count_check check (helpful_count >= 0),
  constraint knowledge_items_unhelpful_count_check check (unhelpful_count >= 0),
  constraint knowledge_items_language_check check (length(language) between 2 and 35),
  constraint knowledge_items_status_check check (status in ('active', 'draft', 'archived')),
  constraint knowledge_items_audience_check check (audience in ('public', 'signed_in', 'internal')),
  constraint knowledge_items_version_check check (version >= 1),
  constraint knowledge_items_file_checksum_check check (file_checksum is null or (file_checksum ~ '^([0-9a-f]{64})?$' and file_path is not null))
) with (fillfactor = 80);
comment on table public.knowledge_items is 'Articles: what is known, in one language each, and for whom.';
create index if not exists idx_knowledge_items_category_id on public.knowledge_items (category_id, workspace_id, title) where category_id is not null;
create index if not exists idx_knowledge_items_language on public.knowledge_items (workspace_id, language, status);
create index if not exists idx_knowledge_items_status on public.knowledge_items (workspace_id, status, created_at desc, id);
create index if not exists idx_knowledge_items_title_trgm on public.knowledge_items using gin (title extensions.gin_trgm_ops);
create index if not exists idx_knowledge_items_content_trgm on public.knowledge_items using gin (content extensions.gin_trgm_ops);
create index if not exists knowledge_items_search_idx on public.knowledge_items using gin (search_document);
create index if not exists knowledge_items_title_idx on public.knowledge_items using gin (romashka.knowledge_title_document(workspace_id, language, title));
create index if not exists knowledge_items_source_url_idx on public.knowledge_items (workspace_id, md5(source_url)) where source_type = 'url';
create unique index if not exists knowledge_items_file_path_key on public.knowledge_items (workspace_id, file_path) where file_checksum is not null;
create index if not exists knowledge_items_review_due_at_idx on public.knowledge_items (workspace_id, review_due_at) where review_due_at is not null;
create index if not exists knowledge_items_created_at_idx on public.knowledge_items (workspace_id, created_at desc, id desc);
create index if not exists knowledge_items_updated_at_idx on public.knowledge_items (workspace_id, updated_at desc, id desc);
create index if not exists knowledge_items_title_order_idx on public.knowledge_items (workspace_id, title, id);
create index if not exists knowledge_items_created_by_idx on public.knowledge_items (created_by) where created_by is not null;
create index if not exists knowledge_items_updated_by_idx on public.knowledge_items (updated_by) where updated_by is not null;

create table if not exists public.knowledge_versions (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  knowledge_item_id uuid,
  version integer not null,
  title text,
  content text not null,
  changes_description text,
  created_by uuid,
  created_at timestamptz not null default now(),
  constraint knowledge_versions_pkey primary key (id, workspace_id),
  constraint knowledge_versions_version_key unique (knowledge_item_id, workspace_id, version),
  constraint knowledge_versions_knowledge_item_id_fkey foreign key (knowledge_item_id, workspace_id) references public.knowledge_items (id, workspace_id) on delete cascade,
  constraint knowledge_versions_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint knowledge_versions_knowledge_item_id_check check (knowledge_item_id is not null),
  constraint knowledge_versions_version_check check (version >= 1)
);
comment on table public.knowledge_versions is 'Each text an article has had, from version 1 on, the present one included. Written by trigger.';
create index if not exists knowledge_versions_created_by_idx on public.knowledge_versions (created_by) where created_by is not null;

create table if not exists public.intent_patterns (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  intent_name text not null,
  language text not null,
  patterns text[] not null,
  examples jsonb,
  confidence_threshold numeric not null default 0.8,
  is_active boolean not null default true,
  created_by uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint intent_patterns_pkey primary key (id, workspace_id),
  constraint intent_patterns_intent_name_key unique (workspace_id, intent_name, language),
  constraint intent_patterns_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint intent_patterns_created_by_fkey foreign key (created_by) references public.profiles (id) on delete set null,
  constraint intent_patterns_intent_name_check check (length(intent_name) between 1 and 100),
  constraint intent_patterns_language_check check (length(language) between 2 and 35),
  constraint intent_patterns_patterns_check check (array_position(patterns, null) is null),
  constraint intent_patterns_examples_check check (jsonb_typeof(examples) in ('array', 'object')),
  constraint intent_patterns_confidence_threshold_check check (confidence_threshold between 0 and 1)
);
comment on table public.intent_patterns is 'By what words a customer''s wish is recognised, one row an intent and language.';
create index if not exists intent_patterns_created_by_idx on public.intent_patterns (created_by) where created_by is not null;

create table if not exists public.website_scan_jobs (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid,
  project_id uuid,
  urls text[] not null,
  status text not null default 'pending',
  progress_percentage integer not null default 0,
  pages_found integer not null default 0,
  pages_processed integer not null default 0,
  scan_settings jsonb not null default '{"maxDepth": 2, "maxPages": 50, "respectRobots": true}',
  started_at timestamptz,
  completed_at timestamptz,
  error_details jsonb,
  created_at timestamptz not null default now(),
  constraint website_scan_jobs_pkey primary key (id, workspace_id),
  constraint website_scan_jobs_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint website_scan_jobs_user_id_fkey foreign key (user_id) references public.profiles (id) on delete set null,
  constraint website_scan_jobs_urls_check check (cardinality(urls) >= 1 and cardinality(urls) <= 1000 and array_position(urls, null) is null),
  constraint website_scan_jobs_status_check check (status in ('pending', 'scanning', 'processing', 'completed', 'failed', 'cancelled')),
  constraint website_scan_jobs_progress_percentage_check check (progress_percentage between 0 and 100),
  constraint website_scan_jobs_pages_found_check check (pages_found >= 0),
  constraint website_scan_jobs_pages_processed_check check (pages_processed >= 0),
  constraint website_scan_jobs_scan_settings_check check (jsonb_typeof(scan_settings) = 'object'),
  constraint website_scan_jobs_error_details_check check (jsonb_typeof(error_details) in ('object', 'array'))
);
comment on table public.website_scan_jobs is 'Orders to read web pages into the knowledge.';
create index if not exists website_scan_jobs_workspace_id_idx on public.website_scan_jobs (workspace_id, status, created_at desc);
create index if not exists website_scan_jobs_user_id_idx on public.website_scan_jobs (user_id) where user_id is not null;

create table if not exists public.extracted_content (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  scan_job_id uuid,
  url text not null,
  title text,
  content text not null,
  content_type text,
  headings jsonb,
  metadata jsonb,
  word_count integer,
  processing_quality numeric,
  extracted_entities jsonb,
  created_at timestamptz not null default now(),
  constraint extracted_content_pkey primary key (id, workspace_id),
  constraint extracted_content_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint extracted_content_scan_job_id_fkey foreign key (scan_job_id, workspace_id) references public.website_scan_jobs (id, workspace_id) on delete cascade,
  constraint extracted_content_content_type_check check (content_type in ('pricing', 'faq', 'about', 'product', 'policy', 'general')),
  constraint extracted_content_headings_check check (jsonb_typeof(headings) in ('array', 'object')),
  constraint extracted_content_metadata_check check (jsonb_typeof(metadata) = 'object'),
  constraint extracted_content_extracted_entities_check check (jsonb_typeof(extracted_entities) in ('array', 'object')),
  constraint extracted_content_word_count_check check (word_count >= 0),
  constraint extracted_content_processing_quality_check check (processing_quality between 0 and 1)
);
comment on table public.extracted_content is 'Text found by a scan, before somebody makes articles of it.';
create index if not exists extracted_content_workspace_id_idx on public.extracted_content (workspace_id, created_at desc);
create index if not exists extracted_content_scan_job_id_idx on public.extracted_content (scan_job_id, workspace_id) where scan_job_id is not null;

create table if not exists public.playground_sessions (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  user_id uuid,
  session_name text,
  bot_configuration jsonb not null default '{}',
  test_conversations jsonb not null default '[]',
  performance_metrics jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint playground_sessions_pkey primary key (id, workspace_id),
  constraint playground_sessions_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint playground_sessions_user_id_fkey foreign key (user_id) references public.profiles (id) on delete cascade,
  constraint playground_sessions_bot_configuration_check check (jsonb_typeof(bot_configuration) = 'object'),
  constraint playground_sessions_test_conversations_check check (jsonb_typeof(test_conversations) = 'array'),
  constraint playground_sessions_performance_metrics_check check (jsonb_typeof(performance_metrics) = 'object')
);
comment on table public.playground_sessions is 'Trials of the assistant with other settings, away from customers.';
create index if not exists playground_sessions_workspace_id_idx on public.playground_sessions (workspace_id, created_at desc);
create index if not exists playground_sessions_user_id_idx on public.playground_sessions (user_id) where user_id is not null;

create table if not exists public.knowledge_analytics (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  knowledge_item_id uuid,
  conversation_id uuid,
  was_helpful boolean,
  feedback_text text,
  usage_context text,
  created_at timestamptz not null default now(),
  constraint knowledge_analytics_pkey primary key (id, workspace_id),
  constraint knowledge_analytics_knowledge_item_id_fkey foreign key (knowledge_item_id, workspace_id) references public.knowledge_items (id, workspace_id) on delete cascade,
  constraint knowledge_analytics_conversation_id_fkey foreign key (conversation_id, workspace_id) references public.conversations (id, workspace_id) on delete cascade,
  constraint knowledge_analytics_knowledge_item_id_check check (knowledge_item_id is not null),
  constraint knowledge_analytics_usage_context_check check (usage_context in ('chat', 'search', 'suggestion'))
);
comment on table public.knowledge_analytics is 'Each use of an article, and whether it helped. No answer is not a no.';
create index if not exists knowledge_analytics_knowledge_item_id_idx on public.knowledge_analytics (knowledge_item_id, workspace_id, created_at desc);
create index if not exists knowledge_analytics_conversation_id_idx on public.knowledge_analytics (conversation_id, workspace_id) where conversation_id is not null;

-- What the assistant finds by meaning. Derived from the articles, and made again from them at any time.
create table if not exists romashka.knowledge_passages (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  knowledge_item_id uuid not null,
  model text not null,
  version integer not null,
  position integer not null,
  headings text[] not null default '{}',
  content text not null,
  embedding bytea not null,
  sentence_bounds integer[] not null default '{}',
  sentence_embeddings bytea[] not null default '{}',
  revision bigint not null,
  constraint knowledge_passages_pkey primary key (id, workspace_id),
  constraint knowledge_passages_position_key unique (knowledge_item_id, workspace_id, model, position),
  constraint knowledge_passages_knowledge_item_id_fkey foreign key (knowledge_item_id, workspace_id) references public.knowledge_items (id, workspace_id) on delete cascade,
  constraint knowledge_passages_position_check check (position >= 0),
  constraint knowledge_passages_sentence_bounds_check check (cardinality(sentence_bounds) = 2 * cardinality(sentence_embeddings))
);
comment on table romashka.knowledge_passages is 'Articles cut into passages, with the vector that a model gave each. Position 0 is the title.';
create index if not exists knowledge_passages_revision_idx on romashka.knowledge_passages (workspace_id, model, revision);
revoke all on romashka.knowledge_passages from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.knowledge_passages enable row level security;
alter table romashka.knowledge_passages force row level security;

create table if not exists romashka.knowledge_indexing (
  knowledge_item_id uuid not null,
  workspace_id uuid not null default public.current_workspace_id(),
  status text not null default 'pending',
  model text,
  version integer,
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  error_message text,
  indexed_at timestamptz,
  constraint knowledge_indexing_pkey primary key (knowledge_item_id, workspace_id),
  constraint knowledge_indexing_knowledge_item_id_fkey foreign key (knowledge_item_id, workspace_id) references public.knowledge_items (id, workspace_id) on delete cascade,
  constraint knowledge_indexing_status_check check (status in ('pending', 'indexing', 'indexed', 'failed')),
  constraint knowledge_indexing_attempt_count_check check (attempt_count >= 0),
  constraint knowledge_indexing_lease_id_check check ((lease_id is not null) = (status = 'indexing'))
) with (fillfactor = 70);
comment on table romashka.knowledge_indexing is 'Of each article, whether its passages are those of its present text: the queue they are made from.';
create index if not exists knowledge_indexing_next_attempt_at_idx on romashka.knowledge_indexing (next_attempt_at) where status in ('pending', 'indexing');
create index if not exists knowledge_indexing_status_idx on romashka.knowledge_indexing (workspace_id, status);
revoke all on romashka.knowledge_indexing from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.knowledge_indexing enable row level security;
alter table romashka.knowledge_indexing force row level security;

create table if not exists romashka.knowledge_revisions (
  workspace_id uuid not null default public.current_workspace_id(),
  revision bigint not null default 0,
  removals bigint not null default 0,
  constraint knowledge_revisions_pkey primary key (workspace_id),
  constraint knowledge_revisions_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade
) with (fillfactor = 50);
comment on table romashka.knowledge_revisions is 'How often a workspace''s passages changed: by it, a process knows whether what it holds in memory is still so.';
revoke all on romashka.knowledge_revisions from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.knowledge_revisions enable row level security;
alter table romashka.knowledge_revisions force row level security;

-- Websites. A job's pages are its queue and its record; what is known of a page outlives the job that found it.
create table if not exists public.website_scan_pages (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  scan_job_id uuid not null,
  kind text not null default 'page',
  url text not null,
  site text not null default '',
  depth integer not null default 0,
  status text not null default 'pending',
  code text,
  detail text,
  http_status integer,
  byte_count bigint not null default 0,
  attempt_count integer not null default 0,
  rules jsonb,
  knowledge_item_id uuid,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint website_scan_pages_pkey primary key (id, workspace_id),
  constraint website_scan_pages_url_key unique (scan_job_id, workspace_id, url),
  constraint website_scan_pages_scan_job_id_fkey foreign key (scan_job_id, workspace_id) references public.website_scan_jobs (id, workspace_id) on delete cascade,
  constraint website_scan_pages_knowledge_item_id_fkey foreign key (knowledge_item_id, workspace_id) references public.knowledge_items (id, workspace_id) on delete cascade,
  constraint website_scan_pages_kind_check check (kind in ('robots', 'sitemap', 'page')),
  constraint website_scan_pages_url_check check (length(url) between 1 and 2048),
  constraint website_scan_pages_depth_check check (depth >= 0),
  constraint website_scan_pages_status_check check (status in ('pending', 'taken', 'unchanged', 'duplicate', 'excluded', 'gone', 'failed', 'read')),
  constraint website_scan_pages_attempt_count_check check (attempt_count >= 0),
  constraint website_scan_pages_byte_count_check check (byte_count >= 0),
  constraint website_scan_pages_rules_check check (jsonb_typeof(rules) = 'object')
) with (fillfactor = 80);
comment on table public.website_scan_pages is 'What a scan visits and what became of each: its pages, and the robots.txt and sitemaps that it read. Written by the server alone.';
create index if not exists website_scan_pages_status_idx on public.website_scan_pages (scan_job_id, workspace_id, status, created_at);
create index if not exists website_scan_pages_knowledge_item_id_idx on public.website_scan_pages (knowledge_item_id, workspace_id) where knowledge_item_id is not null;

create table if not exists romashka.website_scans (
  scan_job_id uuid not null,
  workspace_id uuid not null default public.current_workspace_id(),
  sites text[] not null default '{}',
  page_limit integer not null default 50,
  depth_limit integer not null default 2,
  byte_limit bigint not null default 209715200,
  ends_at timestamptz,
  pause interval not null default '1 second',
  wishes jsonb not null default '{}',
  page_count integer not null default 0,
  byte_count bigint not null default 0,
  attempt_count integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id uuid,
  locked_by text,
  page_id uuid,
  constraint website_scans_pkey primary key (scan_job_id, workspace_id),
  constraint website_scans_scan_job_id_fkey foreign key (scan_job_id, workspace_id) references public.website_scan_jobs (id, workspace_id) on delete cascade,
  constraint website_scans_page_limit_check check (page_limit >= 1),
  constraint website_scans_depth_limit_check check (depth_limit >= 0),
  constraint website_scans_wishes_check check (jsonb_typeof(wishes) = 'object')
) with (fillfactor = 70);
comment on table romashka.website_scans is 'The scans that are not at their end: the queue they are worked from, one request at a time.';
create index if not exists website_scans_next_attempt_at_idx on romashka.website_scans (next_attempt_at);
revoke all on romashka.website_scans from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.website_scans enable row level security;
alter table romashka.website_scans force row level security;

create table if not exists romashka.website_hosts (
  site text not null,
  lease_id uuid,
  free_at timestamptz not null default now(),
  asked_at timestamptz,
  constraint website_hosts_pkey primary key (site)
) with (fillfactor = 70);
comment on table romashka.website_hosts is 'When hosts were asked last, by whichever scan of whichever workspace: between two requests there is a pause.';
revoke all on romashka.website_hosts from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.website_hosts enable row level security;
alter table romashka.website_hosts force row level security;

create table if not exists romashka.website_pages (
  id uuid not null default public.generate_uuid(),
  workspace_id uuid not null default public.current_workspace_id(),
  url text not null,
  site text not null,
  depth integer not null default 0,
  etag text,
  last_modified text,
  checksum text not null,
  sketch bytea,
  links text[] not null default '{}',
  is_gone boolean not null default false,
  is_archived boolean not null default false,
  knowledge_item_id uuid,
  article_version integer,
  seen_at timestamptz not null default now(),
  constraint website_pages_pkey primary key (id, workspace_id),
  constraint website_pages_url_key unique (workspace_id, url),
  constraint website_pages_sketch_check check (octet_length(sketch) = 64),
  constraint website_pages_workspace_id_fkey foreign key (workspace_id) references public.workspaces (id) on delete cascade,
  constraint website_pages_knowledge_item_id_fkey foreign key (knowledge_item_id, workspace_id) references public.knowledge_items (id, workspace_id) on delete cascade
) with (fillfactor = 80);
comment on table romashka.website_pages is 'What scans know of pages: by it a scan asks only for what changed, drops what is there already, and finds what is gone.';
create index if not exists website_pages_site_idx on romashka.website_pages (workspace_id, site, depth);
create index if not exists website_pages_knowledge_item_id_idx on romashka.website_pages (knowledge_item_id, workspace_id) where knowledge_item_id is not null;
revoke all on romashka.website_pages from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
alter table romashka.website_pages enable row level security;
alter table romashka.website_pages force row level security;
