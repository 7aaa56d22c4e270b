-- Every function is checked against the tables it uses; trigger functions against each table they are attached to, with the
-- rows before and after under the names that any of its triggers gives them: such a function asks which of them it has.
with target as (
  select f.oid, f.signature, null::regclass as relation, null::name as old_rows, null::name as new_rows from own_functions f where f.language = 'plpgsql' and not f.is_trigger
  union all
  select f.oid, f.signature, g.tgrelid::regclass, max(g.tgoldtable::text)::name, max(g.tgnewtable::text)::name
    from own_functions f join pg_trigger g on g.tgfoid = f.oid where f.language = 'plpgsql' and f.is_trigger and not g.tgisinternal and g.tgparentid = 0
   group by f.oid, f.signature, g.tgrelid)
select concat_ws(' ', found.level || ':', target.signature, 'line ' || found.lineno || ':', found.message, '(' || found.detail || ')', left(found.query, 120),
                 'on ' || string_agg(target.relation::text, ', ' order by target.relation::text)) as finding
  from target
 cross join lateral %schema%.plpgsql_check_function_tb(target.oid::regprocedure, coalesce(target.relation, 0::regclass), fatal_errors => false, extra_warnings => true,
                                                      security_warnings => true, oldtable => target.old_rows, newtable => target.new_rows) as found
 group by target.signature, found.level, found.lineno, found.message, found.detail, left(found.query, 120)
 order by 1
