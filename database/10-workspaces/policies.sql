-- Purpose: members see their workspace and each other; admins manage; nobody makes himself more than he is.
do $$ begin
  perform romashka.protect_table('workspace_members', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('workspace_invitations', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('teams', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('team_members', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('api_keys', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('idempotency_keys', readers => null, inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('agent_availability', readers => 'viewer', inserters => 'admin', updaters => 'agent', removers => 'admin');
end $$;
-- Of a key its hash is nobody's to read.
revoke select on public.api_keys from authenticated, romashka_admin;
grant select (id, workspace_id, name, display_prefix, last_four, role, scopes, created_by, expires_at, last_used_at, revoked_at, created_at)
  on public.api_keys to authenticated, romashka_admin;

-- workspaces: the tenant column is the key itself.
alter table public.workspaces enable row level security;
alter table public.workspaces force row level security;
revoke all on public.workspaces from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
drop policy if exists workspaces_select on public.workspaces;
drop policy if exists workspaces_insert on public.workspaces;
drop policy if exists workspaces_update on public.workspaces;
drop policy if exists workspaces_delete on public.workspaces;
create policy workspaces_select on public.workspaces for select to authenticated, romashka_agent, romashka_admin
  using (id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]));
create policy workspaces_insert on public.workspaces for insert to authenticated, romashka_agent, romashka_admin with check (false);
create policy workspaces_update on public.workspaces for update to authenticated, romashka_agent, romashka_admin
  using (id = any ((select romashka.workspaces_of_request('admin'))::uuid[])) with check (id = any ((select romashka.workspaces_of_request('admin'))::uuid[]));
create policy workspaces_delete on public.workspaces for delete to authenticated, romashka_agent, romashka_admin using (false);
grant select on public.workspaces to authenticated, romashka_agent, romashka_admin;
grant update (name, time_zone, business_hours, holidays, default_language, settings, updated_at) on public.workspaces to authenticated, romashka_admin;
grant select, insert, update, delete on public.workspaces to service_role;

-- profiles: seen by oneself and by members of a common workspace; what one may do is not in it, so its owner edits it, the role excepted.
alter table public.profiles enable row level security;
alter table public.profiles force row level security;
revoke all on public.profiles from public, anon, authenticated, service_role, romashka_agent, romashka_admin;
drop policy if exists profiles_select on public.profiles;
drop policy if exists profiles_insert on public.profiles;
drop policy if exists profiles_update on public.profiles;
drop policy if exists profiles_delete on public.profiles;
create policy profiles_select on public.profiles for select to authenticated, romashka_agent, romashka_admin
  using (id = any ((select romashka.my_colleagues())::uuid[]));
create policy profiles_insert on public.profiles for insert to authenticated, romashka_agent, romashka_admin with check (false);
create policy profiles_update on public.profiles for update to authenticated, romashka_agent, romashka_admin
  using (id = (select romashka.current_user_id())) with check (id = (select romashka.current_user_id()));
create policy profiles_delete on public.profiles for delete to authenticated, romashka_agent, romashka_admin using (false);
grant select on public.profiles to authenticated, romashka_agent, romashka_admin;
grant update (full_name, company_name, website_url, avatar_url, timezone, language, onboarding_completed, onboarding_data, settings, updated_at)
  on public.profiles to authenticated, romashka_agent, romashka_admin;
grant select, insert, update, delete on public.profiles to service_role;
