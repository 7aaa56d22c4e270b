-- ROMASHKA: demo content
-- Re-runnable: rows are recognised by fixed ids, nothing is doubled and nothing of yours is changed.
-- Assembled from database/ by scripts/assemble.sh: edit there, not here.
-- One transaction: the first error leaves the database as it was, also in psql without ON_ERROR_STOP.

begin;
set local check_function_bodies = off;
set local client_min_messages = warning;
-- Purpose: the default workspace, which must be there before anything that belongs to it.
insert into public.workspaces (id, slug, name) values (romashka.default_workspace_id(), 'default', 'ROMASHKA') on conflict do nothing;

commit;
