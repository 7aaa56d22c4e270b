-- Every function is checked against the tables it uses; trigger functions against each table they are attached to.
with target as (
  select f.oid, f.signature, null::regclass as relation, null::name as old_rows, null::name as new_rows from own_functions f where f.language = 'plpgsql' and not f.is_trigger
  union all
  select distinct on (f.oid, g.tgrelid, g.tgoldtable, g.tgnewtable) f.oid, f.signature, g.tgrelid::regclass, g.tgoldtable, g.tgnewtable
    from own_functions f join pg_trigger g on g.tgfoid = f.oid where f.language = 'plpgsql' and f.is_trigger and not g.tgisinternal and g.tgparentid = 0)
select concat_ws(' ', found.level || ':', target.signature, 'on ' || target.relation::text, 'line ' || found.lineno || ':', found.message, '(' || found.detail || ')', found.query) as finding
  from target
 cross join lateral %schema%.plpgsql_check_function_tb(target.oid::regprocedure, coalesce(target.relation, 0::regclass), fatal_errors => false, extra_warnings => true,
                                                      security_warnings => true, oldtable => target.old_rows, newtable => target.new_rows) as found
 order by 1
