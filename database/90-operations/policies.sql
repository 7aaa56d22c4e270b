-- Purpose: members read settings, visitors the public ones of their workspace, admins change them; admins read the audit, nobody writes it.
do $$ begin
  perform romashka.protect_table('system_settings', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('audit_logs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('audit_seals', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('retention_runs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('adopted_tables', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('adoption_findings', readers => 'admin', inserters => null, updaters => null, removers => 'admin');
end $$;

-- A visitor of the widget needs the public settings of the workspace he visits before he is anybody.
drop policy if exists system_settings_select on public.system_settings;
create policy system_settings_select on public.system_settings for select to anon, authenticated, romashka_agent, romashka_admin
  using (workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[])
      or (is_public and workspace_id = (select public.current_workspace_id())));
grant select on public.system_settings to anon;

-- Not even the service writes, changes or removes what was recorded.
revoke insert, update, delete, truncate on public.audit_logs, public.audit_seals from service_role;
