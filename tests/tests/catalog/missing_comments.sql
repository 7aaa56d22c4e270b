-- The documentation is generated from the comments.
select 'table ' || qualified as finding from own_tables where not is_partition and obj_description(oid, 'pg_class') is null
union all
select format('column %s.%I', qualified, name) from own_columns where not is_partition and col_description(table_oid, attnum) is null
union all
select 'function ' || signature from own_functions where obj_description(oid, 'pg_proc') is null
 order by 1
