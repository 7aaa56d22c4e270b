-- EXECUTE is granted by name; what PUBLIC may call everybody may, also a role that somebody makes tomorrow. Functions that
-- touch no table and are in the middle of defaults and generated columns are exempt by name in the test.
select f.signature as finding
  from own_functions f
  join pg_proc p on p.oid = f.oid
 where f.schema <> 'romashka_numbers'
   and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as entry where entry.grantee = 0 and entry.privilege_type = 'EXECUTE')
   and (f.prosecdef or f.language = 'plpgsql')
   and not f.is_trigger
 order by 1
