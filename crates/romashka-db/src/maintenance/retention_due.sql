-- What is older than the workspaces keep it, without those on legal hold.
select 'conversation', 'conversations', pg_catalog.count(*)
  from public.workspaces as w
  join public.conversations as c on c.workspace_id = w.id and c.status in ('resolved', 'closed')
   and c.created_at < pg_catalog.now() - pg_catalog.make_interval(days => (romashka.setting(w.id, 'conversation_history_retention') #>> '{}')::integer)
   and c.last_message_at < pg_catalog.now() - pg_catalog.make_interval(days => (romashka.setting(w.id, 'conversation_history_retention') #>> '{}')::integer)
   and not exists (select from public.conversations as m where m.merged_into_id = c.id and m.workspace_id = c.workspace_id)
 where not w.legal_hold
union all
select 'row of daily figures', 'rows of daily figures', pg_catalog.count(*)
  from public.workspaces as w
  join public.daily_metrics as m on m.workspace_id = w.id
   and m.date < ((pg_catalog.now() - pg_catalog.make_interval(days => (romashka.setting(w.id, 'analytics_retention_days') #>> '{}')::integer)) at time zone 'UTC')::date
 where not w.legal_hold
union all
select 'row of the audit', 'rows of the audit', pg_catalog.count(*)
  from public.workspaces as w
  join public.audit_logs as a on a.workspace_id = w.id
   and a.created_at < pg_catalog.now() - pg_catalog.make_interval(days => (romashka.setting(w.id, 'audit_log_retention_days') #>> '{}')::integer)
 where not w.legal_hold
union all
select 'file that no visitor sent', 'files that no visitor sent', pg_catalog.count(*)
  from public.workspaces as w
  join public.file_attachments as f on f.workspace_id = w.id and f.message_id is null and f.visitor_session_id is not null
   and f.created_at < pg_catalog.now() - interval '24 hours'
 where not w.legal_hold
