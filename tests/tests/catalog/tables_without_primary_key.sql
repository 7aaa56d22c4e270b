-- Replication, updates by key and Citus all need one.
select qualified as finding from own_tables t where not exists (select from pg_constraint where conrelid = t.oid and contype = 'p') order by 1
