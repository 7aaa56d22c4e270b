-- The foreign keys of these tables: the table, the one it refers to, and the columns in pairs.
select pg_catalog.format('%I.%I', n.nspname, c.relname) as name, pg_catalog.format('%I.%I', rn.nspname, r.relname) as target, k.conname::text as key,
       (select pg_catalog.array_agg(a.attname::text order by pair.place) from pg_catalog.unnest(k.conkey) with ordinality as pair (number, place)
          join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = pair.number) as columns,
       (select pg_catalog.array_agg(a.attname::text order by pair.place) from pg_catalog.unnest(k.confkey) with ordinality as pair (number, place)
          join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and a.attnum = pair.number) as target_columns
  from pg_catalog.pg_constraint as k
  join pg_catalog.pg_class as c on c.oid = k.conrelid join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_class as r on r.oid = k.confrelid join pg_catalog.pg_namespace as rn on rn.oid = r.relnamespace
 where k.contype = 'f' and k.conparentid = 0 and n.nspname in ('public', 'romashka')
 order by 1, 3
