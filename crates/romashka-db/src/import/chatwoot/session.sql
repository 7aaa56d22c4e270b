-- What the statements of an import from Chatwoot share, in the session alone: the workspace, an id for each of Chatwoot's, and who is who here.
create function pg_temp.place() returns uuid language sql immutable as $$ select '{workspace}'::uuid $$;
-- The same id each time, so that what is there is found and not made again.
create function pg_temp.id_of(kind text, number bigint) returns uuid language sql immutable as
  $$ select encode(substr(sha256(convert_to('{workspace}/chatwoot/{account}/' || kind || '/' || number, 'UTF8')), 1, 16), 'hex')::uuid $$;
-- Chatwoot keeps times in UTC, without saying so.
create function pg_temp.at(moment text) returns timestamptz language sql immutable as $$ select moment::timestamp at time zone 'UTC' $$;
create temporary table people (id bigint primary key, person uuid not null);
create temporary table inboxes (id bigint primary key, channel uuid not null, type text not null);
create temporary table contacts (id bigint primary key, customer uuid not null);
create temporary table groups (id bigint primary key, team uuid not null);
set romashka.auto_assign = 'off';
set timezone = 'UTC';
