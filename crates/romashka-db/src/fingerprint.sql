-- Purpose: one row per schema object: kind, identity, the object it belongs to, and its definition in words that a
--   person can compare. Two databases are the same schema when these rows are the same.
-- Invariants: reads the catalog alone; what may differ between sound installations is left out or made equal: the
--   partitions that time adds (only their flaws are listed, at the parent), each workspace's sequence, the installing
--   role's name, the schema of pg_trgm, and what the platform grants on schema public.
-- Reads: pg_catalog. Writes: nothing. Lock risk: none beyond reading the catalog.
-- Runs with search_path = '' so that every name is qualified in the same way.
with namespace as materialized (
  select n.oid, n.nspname, n.nspowner, n.nspacl from pg_catalog.pg_namespace n
   where n.nspname in ('public', 'romashka', 'romashka_numbers', 'romashka_partitions')
),
installer as materialized (
  select coalesce(
    (select n.nspowner from namespace n where n.nspname = 'romashka'),
    (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user)) as oid
),
from_extension as materialized (
  select d.classid, d.objid from pg_catalog.pg_depend d where d.deptype = 'e'
),
every_relation as materialized (
  select c.*, n.nspname, pg_catalog.format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class c join namespace n on n.oid = c.relnamespace
   where n.nspname <> 'romashka_numbers'
     and not exists (select from from_extension e where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid)
),
-- Time adds partitions: they are compared as a whole, by the row of kind "partitions".
partition as materialized (
  select child.oid, i.inhparent from every_relation child join pg_catalog.pg_inherits i on i.inhrelid = child.oid
   where child.relispartition
),
relation as materialized (
  select r.* from every_relation r where not exists (select from partition p where p.oid = r.oid)
),
function as materialized (
  select p.*, pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name
    from pg_catalog.pg_proc p join namespace n on n.oid = p.pronamespace
   where p.prokind <> 'a'
     and not exists (select from from_extension e where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = p.oid)
),
grants as (
  select case r.relkind when 'S' then 'sequence' else 'table' end as object, r.name, r.name as part_of, r.relowner as owner,
         coalesce(r.relacl, pg_catalog.acldefault(case r.relkind when 'S' then 's' else 'r' end::"char", r.relowner)) as acl
    from relation r where r.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select 'column', pg_catalog.format('%s.%I', r.name, a.attname), r.name, r.relowner, a.attacl
    from relation r join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
   where a.attacl is not null
  union all
  select 'function', f.name, f.name, f.proowner, coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner)) from function f
  union all
  select 'schema', n.nspname::text, n.nspname::text, n.nspowner, coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) from namespace n
),
definition (kind, identity, part_of, body) as (
  select 'schema', n.nspname::text, n.nspname::text, 'schema' from namespace n
  union all
  select 'table', r.name, r.name, pg_catalog.concat_ws(E'\n',
      case r.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                     when 'm' then 'materialized view' when 'f' then 'foreign table' end,
      case r.relpersistence when 'p' then null when 'u' then 'unlogged' else 'temporary' end,
      case when r.relkind in ('r', 'p') then 'row security ' || case when r.relrowsecurity then 'on' else 'off' end end,
      case when r.relkind in ('r', 'p') then 'row security of the owner ' || case when r.relforcerowsecurity then 'forced' else 'not forced' end end,
      case when r.relreplident <> 'd' and r.relkind in ('r', 'p') then 'replica identity ' || r.relreplident::text end,
      'partition by ' || pg_catalog.pg_get_partkeydef(r.oid),
      case when r.relkind in ('v', 'm') then 'options ' || coalesce(pg_catalog.array_to_string(r.reloptions, ', '), 'none') end,
      (select 'foreign key triggers disabled: ' || pg_catalog.count(*) from pg_catalog.pg_trigger t
        where t.tgrelid = r.oid and t.tgisinternal and t.tgenabled <> 'O' having pg_catalog.count(*) > 0))
    from relation r where r.relkind in ('r', 'p', 'f', 'm', 'v')
  union all
  select 'storage', r.name, r.name, pg_catalog.array_to_string(array(select o from pg_catalog.unnest(r.reloptions) o order by o), E'\n')
    from relation r where r.relkind in ('r', 'p', 'i', 'I') and r.reloptions is not null
  union all
  -- Empty while every partition is as closed as its parent: a partition that is queried by its own name is guarded by
  -- its own row security and grants.
  select 'partitions', parent.name, parent.name, (
      select pg_catalog.string_agg(pg_catalog.concat_ws(', ', child.name, flaw.words), E'\n' order by child.name)
        from partition p join every_relation child on child.oid = p.oid
       cross join lateral (
         select pg_catalog.concat_ws(', ',
           (select 'granted beyond its parent to ' || pg_catalog.string_agg(distinct case a.grantee when 0 then 'public' else a.grantee::pg_catalog.regrole::text end, ', ')
              from pg_catalog.aclexplode(child.relacl) a
             where a.grantee not in (child.relowner, parent.relowner)
               and not exists (select from pg_catalog.aclexplode(parent.relacl) b where b.grantee = a.grantee and b.privilege_type = a.privilege_type)),
           (select 'granted without row security'
             where not child.relrowsecurity
               and exists (select from pg_catalog.aclexplode(child.relacl) a where a.grantee not in (child.relowner, parent.relowner))),
           (select 'invalid index' from pg_catalog.pg_index i where i.indrelid = child.oid and not (i.indisvalid and i.indisready) limit 1),
           (select 'disabled trigger' from pg_catalog.pg_trigger t where t.tgrelid = child.oid and t.tgenabled = 'D' limit 1)) as words) flaw
       where p.inhparent = parent.oid and child.relkind in ('r', 'p') and flaw.words <> '')
    from relation parent where parent.relkind = 'p'
  union all
  select 'column', pg_catalog.format('%s.%I', r.name, a.attname), r.name, pg_catalog.concat_ws(E'\n',
      pg_catalog.format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then 'not null' end,
      case a.attidentity when 'a' then 'generated always as identity' when 'd' then 'generated by default as identity' end,
      case a.attgenerated when '' then 'default ' else 'generated ' || a.attgenerated::text || ' ' end ||
        -- Where the ledger came from another server, its numbers are raised (romashka.continue_ledger).
        case when r.name = 'public.events' and a.attname = 'transaction_id'
             then pg_catalog.regexp_replace(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '^.*?\(*(pg_current_xact_id\(\)).* \+ .*$', '\1')
             else pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
      case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::pg_catalog.regcollation end)
    from relation r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
   where r.relkind in ('r', 'p', 'f', 'v', 'm')
  union all
  -- PostgreSQL 18 keeps not null as a constraint too; the column says it already.
  select 'constraint', pg_catalog.format('%s.%I', r.name, k.conname), r.name,
         pg_catalog.pg_get_constraintdef(k.oid) || case when k.convalidated then '' else E'\nnot valid' end
    from relation r join pg_catalog.pg_constraint k on k.conrelid = r.oid where k.contype <> 'n'
  union all
  select 'constraint', pg_catalog.format('%I.%I.%I', n.nspname, t.typname, k.conname), pg_catalog.format('%I.%I', n.nspname, t.typname), pg_catalog.pg_get_constraintdef(k.oid)
    from pg_catalog.pg_type t join namespace n on n.oid = t.typnamespace join pg_catalog.pg_constraint k on k.contypid = t.oid where k.contype <> 'n'
  union all
  select 'index', r.name, owner.name,
         pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(r.oid), '[a-z_]+\.(gin|gist)_trgm_ops', '\1_trgm_ops', 'g')
           || case when i.indisvalid and i.indisready then '' else E'\ninvalid' end
    from relation r join pg_catalog.pg_index i on i.indexrelid = r.oid join relation owner on owner.oid = i.indrelid
  union all
  select 'view', r.name, r.name, pg_catalog.pg_get_viewdef(r.oid) from relation r where r.relkind in ('v', 'm')
  union all
  select 'rule', pg_catalog.format('%s.%I', r.name, w.rulename), r.name, pg_catalog.pg_get_ruledef(w.oid)
    from relation r join pg_catalog.pg_rewrite w on w.ev_class = r.oid where w.rulename <> '_RETURN'
  union all
  -- Also triggers on tables of others, when they call a function of ours: the one on auth.users makes profiles.
  select 'trigger', pg_catalog.format('%s.%I', t.tgrelid::pg_catalog.regclass, t.tgname), t.tgrelid::pg_catalog.regclass::text,
         pg_catalog.pg_get_triggerdef(t.oid) || E'\n' || case t.tgenabled when 'O' then 'enabled' when 'D' then 'disabled' when 'R' then 'enabled for replicas only' else 'enabled always' end
    from pg_catalog.pg_trigger t
   where not t.tgisinternal
     and not exists (select from partition p where p.oid = t.tgrelid)
     and (exists (select from relation r where r.oid = t.tgrelid) or exists (select from function f where f.oid = t.tgfoid))
  union all
  select 'policy', pg_catalog.format('%s.%I', r.name, p.polname), r.name, pg_catalog.concat_ws(E'\n',
      case p.polcmd when 'r' then 'for select' when 'a' then 'for insert' when 'w' then 'for update' when 'd' then 'for delete' else 'for all' end,
      case when p.polpermissive then null else 'restrictive' end,
      'to ' || (select pg_catalog.string_agg(named.role, ', ' order by named.role)
                  from (select case role when 0 then 'public' else role::pg_catalog.regrole::text end as role from pg_catalog.unnest(p.polroles) role) as named),
      'using ' || pg_catalog.pg_get_expr(p.polqual, r.oid),
      'with check ' || pg_catalog.pg_get_expr(p.polwithcheck, r.oid))
    from relation r join pg_catalog.pg_policy p on p.polrelid = r.oid
  union all
  select 'function', f.name, f.name, pg_catalog.pg_get_functiondef(f.oid) from function f
  union all
  select 'type', pg_catalog.format('%I.%I', n.nspname, t.typname), pg_catalog.format('%I.%I', n.nspname, t.typname), pg_catalog.concat_ws(E'\n',
      case t.typtype when 'e' then 'enumeration' when 'd' then 'domain over ' || pg_catalog.format_type(t.typbasetype, t.typtypmod) else 'range' end,
      case when t.typnotnull then 'not null' end,
      (select pg_catalog.string_agg(e.enumlabel, ', ' order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid))
    from pg_catalog.pg_type t join namespace n on n.oid = t.typnamespace
   where t.typtype in ('e', 'd', 'r')
     and not exists (select from from_extension e where e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and e.objid = t.oid)
  union all
  select 'sequence', r.name, r.name, pg_catalog.concat_ws(E'\n', s.seqtypid::pg_catalog.regtype, 'increment ' || s.seqincrement, 'minimum ' || s.seqmin, case when s.seqcycle then 'cycle' end)
    from relation r join pg_catalog.pg_sequence s on s.seqrelid = r.oid
  union all
  -- What the platform grants on schema public to its own roles is not ours, and reading its names is open everywhere.
  select 'grant', pg_catalog.format('%s on %s %s to %s', pg_catalog.lower(a.privilege_type), g.object, g.name, grantee.name), g.part_of,
         case when a.is_grantable then 'with grant option' else 'granted' end
    from grants g
   cross join lateral pg_catalog.aclexplode(g.acl) a
   cross join lateral (select case a.grantee when 0 then 'public' else a.grantee::pg_catalog.regrole::text end as name) grantee
   where a.grantee <> g.owner and a.grantee <> (select i.oid from installer i)
     and not (g.object = 'schema' and g.name = 'public'
              and (a.privilege_type = 'USAGE' or grantee.name not in ('public', 'anon', 'authenticated', 'service_role')))
  union all
  select 'owner', pg_catalog.format('%s %s', g.object, g.name), g.part_of,
         case when g.owner = (select i.oid from installer i) then 'the installing role' else g.owner::pg_catalog.regrole::text end
    from grants g where g.object <> 'column' and not (g.object = 'schema' and g.name = 'public')
  union all
  select 'comment', 'table ' || r.name, r.name, d.description
    from relation r join pg_catalog.pg_description d on d.objoid = r.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0
  union all
  select 'comment', pg_catalog.format('column %s.%I', r.name, a.attname), r.name, d.description
    from relation r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_description d on d.objoid = r.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = a.attnum
  union all
  select 'comment', 'function ' || f.name, f.name, d.description
    from function f join pg_catalog.pg_description d on d.objoid = f.oid and d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  union all
  select 'extension', e.extname, e.extname, 'installed' from pg_catalog.pg_extension e where e.extname = 'pg_trgm'
)
select d.kind::text, d.identity::text, d.part_of::text, coalesce(d.body, '')::text from definition d order by 1, 2;
