-- Tables of ours whose statistics were never taken, or are older than a tenth of their rows. Of a partitioned table nobody takes
-- them by himself (autovacuum looks at partitions alone): once a day.
select pg_catalog.format('%I.%I', n.nspname, c.relname), s.n_mod_since_analyze, greatest(s.last_analyze, s.last_autoanalyze) is null,
       c.relkind = 'p', pg_catalog.pg_has_role(c.relowner, 'usage') or pg_catalog.pg_has_role(d.datdba, 'usage')
  from pg_catalog.pg_stat_all_tables as s
  join pg_catalog.pg_class as c on c.oid = s.relid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database()
 where n.nspname in ('public', 'romashka', 'romashka_partitions', 'romashka_numbers')
   and case c.relkind
         when 'p' then coalesce(s.last_analyze < pg_catalog.now() - interval '1 day', true)
                   and exists (select from pg_catalog.pg_partition_tree(c.oid) as t join pg_catalog.pg_class as l on l.oid = t.relid
                                where t.isleaf and pg_catalog.pg_relation_size(l.oid) > 0)
         else c.relkind in ('r', 'm')
          and (s.n_mod_since_analyze >= 1000 and s.n_mod_since_analyze > 0.1 * s.n_live_tup
            or greatest(s.last_analyze, s.last_autoanalyze) is null and s.n_live_tup > 0)
       end
 order by c.relkind = 'p' desc, s.n_mod_since_analyze desc, 1
