-- Purpose: the default workspace, which must be there before anything that belongs to it.
insert into public.workspaces (id, slug, name) values (romashka.default_workspace_id(), 'default', 'ROMASHKA') on conflict do nothing;
