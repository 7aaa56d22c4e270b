-- A partition is read through its parent, whose policies then apply.
select format('%s: %s to %s', t.qualified, entry.privilege_type, case entry.grantee when 0 then 'public' else entry.grantee::regrole::text end) as finding
  from own_tables t
  join pg_class c on c.oid = t.oid
 cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as entry
 where t.is_partition and entry.grantee <> c.relowner
union all
select format('schema %I: %s to %s', n.nspname, entry.privilege_type, case entry.grantee when 0 then 'public' else entry.grantee::regrole::text end)
  from pg_namespace n
 cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as entry
 where n.nspname = 'romashka_partitions' and entry.grantee <> n.nspowner
 order by 1
