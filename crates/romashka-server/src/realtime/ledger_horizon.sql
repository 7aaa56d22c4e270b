-- How far the ledger is settled, and which of the workspaces got something since the last look.
select settled.horizon::text::bigint as horizon,
       array(select distinct e.workspace_id from public.events as e
              where e.workspace_id = any ($workspaces) and e.transaction_id >= $since::text::xid8 and e.transaction_id < settled.horizon) as touched
  from (select romashka.in_ledger(pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())) as horizon) as settled
