-- Purpose: members read figures; agents keep dashboards; admins reports and policies; roll-ups and clocks are written by functions.
do $$ begin
  perform romashka.protect_table('daily_metrics', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('stale_metric_days', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('realtime_metrics', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('scheduled_reports', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('report_runs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('tag_counts', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('tag_changes', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('dashboard_configs', readers => 'viewer', inserters => 'viewer', updaters => 'viewer', removers => 'viewer');
  perform romashka.protect_table('sla_policies', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('sla_tracking', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;

-- A dashboard is its owner's; one that is public is read by all, and one without an owner is changed by admins.
drop policy if exists dashboard_configs_select on public.dashboard_configs;
drop policy if exists dashboard_configs_insert on public.dashboard_configs;
drop policy if exists dashboard_configs_update on public.dashboard_configs;
drop policy if exists dashboard_configs_delete on public.dashboard_configs;
create policy dashboard_configs_select on public.dashboard_configs for select to authenticated, romashka_agent, romashka_admin
  using (workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]) and (is_public or user_id is null or user_id = (select romashka.current_user_id())));
create policy dashboard_configs_insert on public.dashboard_configs for insert to authenticated, romashka_agent, romashka_admin
  with check ((user_id = (select romashka.current_user_id()) and workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]))
           or (user_id is null and workspace_id = any ((select romashka.workspaces_of_request('admin'))::uuid[])));
create policy dashboard_configs_update on public.dashboard_configs for update to authenticated, romashka_agent, romashka_admin
  using ((user_id = (select romashka.current_user_id()) and workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]))
      or (user_id is null and workspace_id = any ((select romashka.workspaces_of_request('admin'))::uuid[])))
  with check ((user_id = (select romashka.current_user_id()) and workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]))
           or (user_id is null and workspace_id = any ((select romashka.workspaces_of_request('admin'))::uuid[])));
create policy dashboard_configs_delete on public.dashboard_configs for delete to authenticated, romashka_agent, romashka_admin
  using ((user_id = (select romashka.current_user_id()) and workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]))
      or (user_id is null and workspace_id = any ((select romashka.workspaces_of_request('admin'))::uuid[])));
