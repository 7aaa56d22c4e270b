-- A view reads with its owner's rights unless it says security_invoker; a materialized view has no row security at all.
select format('%I.%I', n.nspname, c.relname) as finding
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname in ('public', 'romashka') and c.relkind in ('v', 'm')
   and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
   and (c.relkind = 'm' or not coalesce('security_invoker=true' = any (c.reloptions) or 'security_invoker=on' = any (c.reloptions), false))
   and exists (select from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as entry where entry.grantee <> c.relowner)
 order by 1
