-- What keeps the schema ready to be sharded by workspace with Citus; one row for each breach, the rule's code first.
-- K keys, F foreign keys, S sequences, P policies, T triggers, Q statements in functions, R rules, N tables without the column.
with tenant as (select t.oid, t.qualified, c.attnum, c.attnotnull, c.atttypid from own_tables t join own_columns c on c.table_oid = t.oid and c.name = 'workspace_id' where not t.is_partition),
tenant_name as (select qualified, split_part(qualified, '.', 2) as name from tenant),
code as (select signature, is_trigger, language, pronargs, body from own_functions where language in ('sql', 'plpgsql')),
breach (rule, object, detail) as (
  select 'K1 the workspace may be null', qualified, '' from tenant where not attnotnull
  union all select 'K2 no primary key', qualified, '' from tenant where not exists (select from pg_constraint where conrelid = tenant.oid and contype = 'p')
  union all select 'K3 a unique, primary or exclusion index without the workspace', qualified, i.indexrelid::regclass::text
    from tenant join pg_index i on i.indrelid = tenant.oid where (i.indisunique or i.indisexclusion) and not tenant.attnum = any (i.indkey::int2[])
  union all select 'K4 the workspace is not a uuid', qualified, format_type(atttypid, null) from tenant where atttypid <> 'uuid'::regtype
  union all select 'F1 a foreign key between tenant tables does not pair the workspaces', tenant.qualified, k.conname
    from tenant join pg_constraint k on k.conrelid = tenant.oid and k.contype = 'f' and k.conparentid = 0 join tenant as other on other.oid = k.confrelid
   where not exists (select from generate_subscripts(k.conkey, 1) as n where k.conkey[n] = tenant.attnum and k.confkey[n] = other.attnum)
  union all select 'F2 a foreign key with the workspace sets it to null or a default', tenant.qualified, k.conname
    from tenant join pg_constraint k on k.conrelid = tenant.oid and k.contype = 'f' and k.conparentid = 0
   where tenant.attnum = any (k.conkey) and (k.confdeltype in ('n', 'd') or k.confupdtype in ('n', 'd', 'c'))
  union all select 'F3 a table without workspace refers to a tenant table', t.qualified, k.conname
    from pg_constraint k join own_tables t on t.oid = k.conrelid and not t.is_partition
   where k.contype = 'f' and k.conparentid = 0 and k.confrelid in (select oid from tenant) and k.conrelid not in (select oid from tenant)
  union all select 'S1 a short sequence as default or identity', tenant.qualified, c.name
    from tenant join own_columns c on c.table_oid = tenant.oid join pg_attribute a on a.attrelid = c.table_oid and a.attnum = c.attnum
   where c.atttypid in ('int4'::regtype, 'int2'::regtype) and (a.attidentity <> '' or c.default_value like 'nextval(%')
  union all select 'P1 a restrictive policy turns permissive on a shard', qualified, name from own_policies where not polpermissive
  union all select 'P2 a sub-select in a policy', qualified, name from own_policies where concat(visible, checked) ~* '\mselect\M'
  union all select 'P3 row security is not forced', tenant.qualified, '' from tenant join own_tables t on t.oid = tenant.oid where not (t.relrowsecurity and t.relforcerowsecurity)
  union all select 'T1 a statement trigger fires once per shard', tenant.qualified, g.tgname from tenant join pg_trigger g on g.tgrelid = tenant.oid where not g.tgisinternal and g.tgtype & 1 = 0
  union all select 'T2 a trigger on the table of workspaces fires once per node', g.tgrelid::regclass::text, g.tgname from pg_trigger g where not g.tgisinternal and g.tgrelid = to_regclass('public.workspaces')
  union all select 'T3 a trigger function notifies', signature, '' from code where is_trigger and body ~* '\m(pg_notify|notify)\M'
  union all select 'T4 a trigger function asks for the name of its table, which is the shard''s', signature, '' from code where is_trigger and body ~* '\mtg_(table_name|relname|relid)\M'
  union all select 'T5 a trigger function assigns the workspace', signature, '' from code where is_trigger and body ~* 'new\.workspace_id\s*:='
  union all select 'Q1 a volatile call inside an update', signature, left(found[1], 90)
    from code, regexp_matches(body, '(\mupdate\M(?!\s+set)[^;]*\m(?:clock_timestamp|random|gen_random_uuid|timeofday|nextval)\M\s*\([^;]*)', 'gi') as found
  union all select 'Q2 a call in DO UPDATE SET where EXCLUDED would do', signature, left(found[1], 90)
    from code, regexp_matches(body, '(do\s+update\s+set[^;]*\m(?:now|current_setting|clock_timestamp|current_timestamp)\M[^;]*)', 'gi') as found
  union all select 'Q3 an SQL function with parameters reads tenant tables', signature, (select string_agg(name, ', ') from tenant_name where body ~* ('\m' || name || '\M'))
    from code where language = 'sql' and pronargs > 0 and exists (select from tenant_name where body ~* ('\m(from|join|update|into)\s+(public\.|romashka\.)?' || name || '\M'))
  union all select 'Q4 set_config() does not reach the workers', signature, '' from code where body ~* '\mset_config\M'
  union all select 'R1 a rule', c.oid::regclass::text, r.rulename from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
   where r.rulename <> '_RETURN' and n.nspname in ('public', 'romashka')
  union all select 'N1 a table without workspace', t.qualified, '' from own_tables t
   where not t.is_partition and t.oid not in (select oid from tenant) and t.qualified <> 'public.workspaces')
select concat_ws(' | ', rule, object, nullif(detail, '')) as finding from breach order by 1
