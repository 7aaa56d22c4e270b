-- Purpose: the figures of this moment for dashboards and alarms: queues, ledger, conversations, sessions, locks, replication, sizes.
-- Invariants: tells counts, sizes and ages, nothing of a tenant; no query grows with the rows of a workspace: queues are counted up to
-- a limit by their partial indexes, conversations are what refresh_realtime_metrics counted, sizes are the catalog's.
-- Lock risk: none; reads only.

create or replace function romashka.figure(name text, value numeric, labels jsonb default '{}') returns jsonb language plpgsql immutable parallel safe set search_path = '' as $$
begin
  return jsonb_build_object('name', name, 'labels', labels, 'value', coalesce(value, 0));
end $$;
comment on function romashka.figure(text, numeric, jsonb) is 'One figure of monitor().';

create or replace function public.monitor() returns jsonb language plpgsql stable security definer set search_path = '' as $$
-- Definer: looks at the whole installation; tells counts, sizes and ages, nothing of a tenant.
declare
  at constant timestamptz := pg_catalog.clock_timestamp();
  most constant integer := 10000;
  found jsonb := '[]'::jsonb;
  part jsonb;
  queue record;
  is_standby constant boolean := pg_catalog.pg_is_in_recovery();
begin
  -- The words stand in the conditions, so that the partial indexes serve.
  for queue in
    select 'incoming_events' as name, (select count(*) from (select from public.webhook_events as q where q.status in ('pending', 'processing') limit most) as w) as waiting,
           (select count(*) from (select from public.webhook_events as q where q.status in ('dead', 'quarantined') limit most) as d) as dead,
           (select min(q.next_attempt_at) from public.webhook_events as q where q.status in ('pending', 'processing') and q.next_attempt_at <= at) as oldest
    union all
    select 'outgoing_webhooks', (select count(*) from (select from public.webhook_logs as q where q.status in ('pending', 'sending') limit most) as w),
           (select count(*) from (select from public.webhook_logs as q where q.status = 'dead' limit most) as d),
           (select min(q.next_attempt_at) from public.webhook_logs as q where q.status in ('pending', 'sending') and q.next_attempt_at <= at)
    union all
    select 'deliveries', (select count(*) from (select from public.message_delivery_tracking as q where q.delivery_status in ('queued', 'sending') limit most) as w),
           (select count(*) from (select from public.message_delivery_tracking as q where q.delivery_status = 'dead' limit most) as d),
           (select min(q.next_attempt_at) from public.message_delivery_tracking as q where q.delivery_status in ('queued', 'sending') and q.next_attempt_at <= at)
    union all
    select 'synchronisations', (select count(*) from (select from public.sync_jobs as q where q.status in ('pending', 'running') limit most) as w),
           (select count(*) from (select from public.sync_jobs as q where q.status = 'dead' limit most) as d),
           (select min(q.next_attempt_at) from public.sync_jobs as q where q.status in ('pending', 'running') and q.next_attempt_at <= at)
    union all
    select 'media', (select count(*) from (select from romashka.media_fetches as q where q.status in ('pending', 'fetching') limit most) as w),
           (select count(*) from (select from romashka.media_fetches as q where q.status = 'failed' limit most) as d),
           (select min(q.next_attempt_at) from romashka.media_fetches as q where q.status in ('pending', 'fetching') and q.next_attempt_at <= at)
    union all
    select 'removed_files', (select count(*) from (select from romashka.removed_files as q limit most) as w),
           (select count(*) from (select from romashka.removed_files as q where q.attempt_count >= 10 and q.error_message is not null limit most) as d),
           (select min(q.next_attempt_at) from romashka.removed_files as q where q.next_attempt_at <= at)
    union all
    select 'mails', (select count(*) from (select from romashka.outgoing_mails as q where q.status in ('pending', 'sending') limit most) as w),
           (select count(*) from (select from romashka.outgoing_mails as q where q.status = 'dead' limit most) as d),
           (select min(q.next_attempt_at) from romashka.outgoing_mails as q where q.status in ('pending', 'sending') and q.next_attempt_at <= at)
    union all
    select 'scheduled_messages', (select count(*) from (select from public.scheduled_messages as q where q.status = 'scheduled' limit most) as w),
           (select count(*) from (select from public.scheduled_messages as q where q.status = 'failed' limit most) as d),
           (select min(q.send_at) from public.scheduled_messages as q where q.status = 'scheduled' and q.send_at <= at)
  loop
    found := found || romashka.figure('romashka_queue_waiting', queue.waiting, jsonb_build_object('queue', queue.name))
                   || romashka.figure('romashka_queue_dead', queue.dead, jsonb_build_object('queue', queue.name))
                   || romashka.figure('romashka_queue_overdue_seconds', round(extract(epoch from at - queue.oldest)::numeric, 1), jsonb_build_object('queue', queue.name));
  end loop;

  -- How old the first event is that no workspace's reader has passed.
  select coalesce(jsonb_agg(romashka.figure('romashka_ledger_lag_seconds', round(extract(epoch from at - e.recorded_at)::numeric, 1), jsonb_build_object('reader', r.reader))), '[]')
    into part
    from (select c.reader, max(c.transaction_id) as transaction_id from public.event_cursors as c group by c.reader) as r
    left join lateral (select x.recorded_at from public.events as x where x.transaction_id > r.transaction_id order by x.transaction_id, x.id limit 1) as e on true;
  found := found || part;

  select coalesce(jsonb_agg(romashka.figure(k.name, k.value, k.labels)), '[]') into part from (
    select names.name, names.labels, case when names.is_greatest then max(latest.value) else sum(latest.value) end as value
      from (values
        ('romashka_conversations', '{"state": "open"}'::jsonb, 'open_conversations', false), ('romashka_conversations', '{"state": "escalated"}', 'escalated_conversations', false),
        ('romashka_conversations', '{"state": "unassigned"}', 'unassigned_conversations', false), ('romashka_conversations', '{"state": "waiting"}', 'waiting_customers', false),
        ('romashka_longest_wait_seconds', '{}', 'longest_wait_seconds', true), ('romashka_promises_overdue', '{}', 'sla_overdue', false),
        ('romashka_agents', '{"state": "online"}', 'agents_online', false), ('romashka_agents', '{"state": "free"}', 'agents_free', false)
      ) as names (name, labels, metric, is_greatest)
     cross join public.workspaces as w
      left join lateral (select m.metric_value as value from public.realtime_metrics as m
         where m.workspace_id = w.id and m.metric_name = names.metric and m.dimensions = '{}' and m.expires_at > at order by m."timestamp" desc limit 1) as latest on true
     group by names.name, names.labels, names.is_greatest) as k;
  found := found || part;

  select jsonb_build_array(
      romashka.figure('romashka_messages_total', (select s.n_tup_ins from pg_catalog.pg_stat_all_tables as s where s.relid = 'public.messages'::regclass)),
      romashka.figure('romashka_transactions_total', d.xact_commit, '{"outcome": "commit"}'), romashka.figure('romashka_transactions_total', d.xact_rollback, '{"outcome": "rollback"}'),
      romashka.figure('romashka_blocks_total', d.blks_hit, '{"source": "cache"}'), romashka.figure('romashka_blocks_total', d.blks_read, '{"source": "disk"}'),
      romashka.figure('romashka_deadlocks_total', d.deadlocks), romashka.figure('romashka_temporary_bytes_total', d.temp_bytes),
      romashka.figure('romashka_database_bytes', pg_catalog.pg_database_size(d.datid)))
    into part from pg_catalog.pg_stat_database as d where d.datname = current_database();
  found := found || part;

  select jsonb_build_array(
      romashka.figure('romashka_sessions', count(*) filter (where a.state = 'active'), '{"state": "active"}'),
      romashka.figure('romashka_sessions', count(*) filter (where a.state = 'idle'), '{"state": "idle"}'),
      romashka.figure('romashka_sessions', count(*) filter (where a.state like 'idle in transaction%'), '{"state": "idle_in_transaction"}'),
      romashka.figure('romashka_sessions_most', current_setting('max_connections')::numeric),
      romashka.figure('romashka_oldest_transaction_seconds', round((max(extract(epoch from at - a.xact_start)) filter (where a.pid <> pg_catalog.pg_backend_pid()))::numeric, 1)),
      romashka.figure('romashka_lock_waiters', count(*) filter (where a.wait_event_type = 'Lock')),
      romashka.figure('romashka_longest_lock_wait_seconds', round((max(extract(epoch from at - a.query_start)) filter (where a.wait_event_type = 'Lock'))::numeric, 1)))
    into part from pg_catalog.pg_stat_activity as a where a.backend_type = 'client backend';
  found := found || part;

  select coalesce(jsonb_agg(romashka.figure('romashka_table_bytes', t.bytes, jsonb_build_object('table', t.name))), '[]') into part from (
    select format('%s.%s', n.nspname, r.relname) as name, sum(c.relpages::numeric * current_setting('block_size')::integer) as bytes
      from pg_catalog.pg_class as c
      join pg_catalog.pg_class as r on r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
      join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
     where c.relkind = 'r' and n.nspname in ('public', 'romashka') group by 1 having sum(c.relpages) > 0 order by 2 desc, 1 limit 10) as t;
  found := found || part;

  select coalesce(jsonb_agg(romashka.figure('romashka_replica_lag_bytes',
      case when is_standby then 0 else pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.replay_lsn) end, jsonb_build_object('replica', s.application_name))), '[]')
    into part from pg_catalog.pg_stat_replication as s;
  found := found || part;
  select coalesce(jsonb_agg(romashka.figure('romashka_slot_retained_bytes',
      case when is_standby then 0 else pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn) end, jsonb_build_object('slot', s.slot_name))), '[]')
    into part from pg_catalog.pg_replication_slots as s;
  found := found || part || romashka.figure('romashka_replicas', (select count(*) from pg_catalog.pg_stat_replication));
  select jsonb_build_array(romashka.figure('romashka_log_archived_total', a.archived_count), romashka.figure('romashka_log_archive_failures_total', a.failed_count))
    into part from pg_catalog.pg_stat_archiver as a;
  found := found || part;

  select coalesce(jsonb_agg(romashka.figure('romashka_job_failures_total', j.failures, jsonb_build_object('job', j.name)))
      || jsonb_agg(romashka.figure('romashka_job_overdue_seconds', greatest(0, round(extract(epoch from at - j.next_run_at)::numeric, 1)), jsonb_build_object('job', j.name))), '[]')
    into part from romashka.scheduled_jobs as j;
  return found || part;
end $$;
comment on function public.monitor() is
  'The figures of this moment: [{"name", "labels", "value"}, …], as Prometheus and romashka monitor show them (docs/monitoring.md). Its cost does not grow with the rows.';

revoke execute on all functions in schema romashka from public;
do $$ begin
  perform romashka.grant_function('public.monitor()', 'service_role', 'romashka_admin');
end $$;
