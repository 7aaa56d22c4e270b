-- Every column that can hold words, of every table and partition of the database.
select pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.array_agg(a.attname::text order by a.attnum),
       pg_catalog.array_agg(case t.typname when 'bytea' then pg_catalog.format('pg_catalog.encode(t.%I, ''escape'')', a.attname)
                                           else pg_catalog.format('t.%I::text', a.attname) end order by a.attnum)
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type as d on d.oid = a.atttypid
  join pg_catalog.pg_type as t on t.oid = case d.typtype when 'd' then d.typbasetype else d.oid end
 where c.relkind in ('r', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
   and t.typname in ('text', 'varchar', 'bpchar', 'citext', 'name', 'json', 'jsonb', 'xml', 'bytea', 'inet', 'tsvector', '_text', '_varchar', '_json', '_jsonb', '_bytea')
 group by 1
 order by 1
