-- Purpose: what an article is searched by. Touches no table, so that generated columns and indexes may use it.
-- Lock risk: none.

-- Search documents of articles. The workspace is a word of each, so that the index finds only its own; the title weighs most, and what a stemmer
-- does not know is found as it is written.
create or replace function romashka.knowledge_title_document(workspace uuid, language text, title text) returns tsvector language sql immutable parallel safe
return to_tsvector(romashka.search_configuration(language), title) || to_tsvector('pg_catalog.simple'::regconfig, title)
  || array_to_tsvector(array['w' || replace(workspace::text, '-', '')]);
comment on function romashka.knowledge_title_document(uuid, text, text) is 'The search document of an article''s title alone.';
create or replace function romashka.knowledge_document(workspace uuid, language text, title text, content text) returns tsvector language sql immutable parallel safe
return setweight(to_tsvector(romashka.search_configuration(language), title) || to_tsvector('pg_catalog.simple'::regconfig, title), 'A')
  || setweight(to_tsvector(romashka.search_configuration(language), left(content, 150000)), 'C')
  || setweight(to_tsvector('pg_catalog.simple'::regconfig, left(content, 50000)), 'D')
  || array_to_tsvector(array['w' || replace(workspace::text, '-', '')]);
comment on function romashka.knowledge_document(uuid, text, text, text) is
  'The search document of an article: its title and the first 150,000 characters of its text.';
revoke execute on function romashka.knowledge_title_document(uuid, text, text), romashka.knowledge_document(uuid, text, text, text) from public;
grant execute on function romashka.knowledge_title_document(uuid, text, text), romashka.knowledge_document(uuid, text, text, text)
  to anon, authenticated, service_role, romashka_agent, romashka_admin, romashka_server;
