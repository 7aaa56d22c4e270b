-- Purpose: the figures of the six weeks, and what looks at them: views of the inbox, a dashboard, a report.
do $$
begin
  if not (select fresh from demo_fresh) then return; end if;
  perform public.refresh_daily_metrics();
  perform public.aggregate_daily_metrics((now() at time zone (select w.time_zone from public.workspaces as w where w.id = romashka.default_workspace_id()))::date);
  perform public.refresh_realtime_metrics();
end $$;

insert into public.saved_views (id, user_id, name, filters, sort, is_shared) values
  (pg_temp.demo_id(20, 1), null, 'Waiting for us', '{"status": ["active", "escalated"], "waiting": true}', 'waiting_since', true),
  (pg_temp.demo_id(20, 2), null, 'Urgent', '{"status": ["active", "escalated"], "priority": ["urgent", "high"]}', 'priority', true),
  (pg_temp.demo_id(20, 3), null, 'Returns this week', '{"department": ["returns"], "days": 7}', 'created_at', true)
on conflict do nothing;
insert into public.custom_attribute_definitions (id, applies_to, attribute_key, label, value_type) values
  (pg_temp.demo_id(21, 1), 'customer', 'orders', 'Orders so far', 'number'),
  (pg_temp.demo_id(21, 2), 'customer', 'newsletter', 'Receives the newsletter', 'boolean'),
  (pg_temp.demo_id(21, 3), 'conversation', 'parcel', 'Tracking number', 'text')
on conflict do nothing;
insert into public.dashboard_configs (id, name, is_default, is_public, layout) values
  (pg_temp.demo_id(23, 1), 'Overview', false, true, '{"cards": ["conversations", "first_response", "satisfaction", "resolved_by"]}')
on conflict do nothing;
insert into public.scheduled_reports (id, name, description, report_type, schedule_cron, recipients, format, is_active) values
  (pg_temp.demo_id(24, 1), 'Weekly performance', 'Every Monday morning; switched off in the demo', 'performance', '0 7 * * 1', '{anna.weber@romashka.example}', 'csv', false)
on conflict do nothing;
