-- What is ours: everything in our schemas but what belongs to an extension. The rules read these views.
create temporary view own_tables as
select c.oid, c.relname::text as name, format('%I.%I', n.nspname, c.relname) as qualified, n.nspname::text as schema,
       c.relispartition as is_partition, c.relrowsecurity, c.relforcerowsecurity
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions')
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e');

create temporary view own_columns as
select t.oid as table_oid, t.name as table_name, t.qualified, t.is_partition, a.attnum, a.attname::text as name, a.attnotnull,
       a.atttypid, format_type(a.atttypid, a.atttypmod) as type, pg_get_expr(d.adbin, d.adrelid) as default_value
  from own_tables t
  join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum;

create temporary view own_functions as
select p.oid, p.proname::text as name, n.nspname::text as schema, l.lanname::text as language, p.prosecdef, p.proconfig, p.prosqlbody is not null as has_standard_body,
       p.prorettype = 'trigger'::regtype as is_trigger, p.pronargs, coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '') as body,
       format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as signature
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
 where n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions') and p.prokind in ('f', 'p')
   and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e');

create temporary view own_policies as
select t.oid as table_oid, t.qualified, p.polname::text as name, p.polcmd, p.polpermissive, p.polroles,
       pg_get_expr(p.polqual, p.polrelid) as visible, pg_get_expr(p.polwithcheck, p.polrelid) as checked
  from own_tables t
  join pg_policy p on p.polrelid = t.oid;

-- The key columns of each index, in order, as one text each: column or expression with its operator class, collation and direction.
create temporary view own_indexes as
select t.oid as table_oid, t.qualified, t.is_partition, i.indexrelid as oid, c.relname::text as name, i.indisunique, i.indisprimary, i.indkey, m.amname::text as method,
       coalesce(pg_get_expr(i.indpred, i.indrelid), '') as predicate,
       exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')) as is_constraint,
       (select array_agg(concat_ws(' ', pg_get_indexdef(i.indexrelid, position, true), i.indclass[position - 1], i.indcollation[position - 1], i.indoption[position - 1]) order by position)
          from generate_series(1, i.indnkeyatts) as position) as keys,
       (select array_agg(pg_get_indexdef(i.indexrelid, position, true) order by position) from generate_series(i.indnkeyatts + 1, i.indnatts) as position) as included
  from own_tables t
  join pg_index i on i.indrelid = t.oid
  join pg_class c on c.oid = i.indexrelid
  join pg_am m on m.oid = c.relam;
