-- The roles that own something here, hold a right, or stand in a policy, and how they belong together.
with named as (
  select distinct r.oid, r.rolname, r.rolcanlogin, r.rolinherit, r.rolbypassrls
    from pg_catalog.pg_shdepend as d
    join pg_catalog.pg_roles as r on r.oid = d.refobjid
   where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
     and d.dbid = (select b.oid from pg_catalog.pg_database as b where b.datname = pg_catalog.current_database())
     and r.rolname not like 'pg\_%')
select n.rolname::text as name, n.rolcanlogin as login, n.rolinherit as inherit, n.rolbypassrls as bypass_rls,
       array(select g.rolname::text from pg_catalog.pg_auth_members as m join named as g on g.oid = m.roleid where m.member = n.oid order by 1) as member_of
  from named as n
 order by 1
