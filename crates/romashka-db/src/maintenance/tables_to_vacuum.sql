-- Tables of ours with so many dead rows ($1, and this share of all: $2) that their space is worth winning back, and those whose
-- oldest transaction is three quarters of the way to a forced vacuum.
select pg_catalog.format('%I.%I', n.nspname, c.relname), s.n_live_tup, s.n_dead_tup,
       pg_catalog.age(c.relfrozenxid)::int8 > w.most as is_old,
       pg_catalog.pg_has_role(c.relowner, 'usage') or pg_catalog.pg_has_role(d.datdba, 'usage') as may
  from pg_catalog.pg_stat_all_tables as s
  join pg_catalog.pg_class as c on c.oid = s.relid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database()
 cross join (select pg_catalog.current_setting('autovacuum_freeze_max_age')::int8 * 3 / 4 as most) as w
 where n.nspname in ('public', 'romashka', 'romashka_partitions', 'romashka_numbers') and c.relkind in ('r', 'm')
   and (s.n_dead_tup >= $1::int8 and s.n_dead_tup > $2::float8 * (s.n_live_tup + s.n_dead_tup) or pg_catalog.age(c.relfrozenxid)::int8 > w.most)
 order by is_old desc, s.n_dead_tup desc, 1
