-- The tables whose rows belong to workspaces, with their columns: name, whether it is JSON, whether it is required, its default.
select pg_catalog.format('%I.%I', n.nspname, c.relname) as name, n.nspname::text as schema, c.relname::text as relation,
       (select pg_catalog.array_agg(a.attname::text order by k.place)
          from pg_catalog.pg_constraint as p
         cross join lateral pg_catalog.unnest(p.conkey) with ordinality as k (number, place)
          join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.number
         where p.conrelid = c.oid and p.contype = 'p') as key,
       (select pg_catalog.array_agg(a.attname::text order by a.attname::text collate "C") from pg_catalog.pg_attribute as a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       (select pg_catalog.array_agg(coalesce(nullif(t.typbasetype, 0), t.oid) in ('pg_catalog.jsonb'::pg_catalog.regtype, 'pg_catalog.json'::pg_catalog.regtype) order by a.attname::text collate "C")
          from pg_catalog.pg_attribute as a join pg_catalog.pg_type as t on t.oid = a.atttypid
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as is_json,
       (select pg_catalog.array_agg(coalesce(nullif(t.typbasetype, 0), t.oid) = 'pg_catalog.text'::pg_catalog.regtype order by a.attname::text collate "C")
          from pg_catalog.pg_attribute as a join pg_catalog.pg_type as t on t.oid = a.atttypid
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as is_text,
       (select pg_catalog.array_agg(a.attnotnull order by a.attname::text collate "C") from pg_catalog.pg_attribute as a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as is_required,
       (select pg_catalog.array_agg(pg_catalog.pg_get_expr(d.adbin, d.adrelid) order by a.attname::text collate "C")
          from pg_catalog.pg_attribute as a left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as defaults
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and not c.relispartition and n.nspname in ('public', 'romashka')
   and (c.oid = 'public.workspaces'::pg_catalog.regclass
        or exists (select from pg_catalog.pg_attribute as a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped))
 order by 1
