-- A foreign key without an index makes every delete and key update of the referred row read the whole table. The leading
-- columns of some index are the key's, in any order; the workspace may be absent, because the other column alone already
-- finds the row, and "where column is not null" still serves the key.
with keys as (
  select t.oid as table_oid, t.qualified, k.oid, k.conname, k.conkey,
         array(select a.attnum from pg_attribute a where a.attrelid = t.oid and a.attnum = any (k.conkey) order by a.attnum) as every_column,
         array(select a.attnum from pg_attribute a where a.attrelid = t.oid and a.attnum = any (k.conkey) and a.attname <> 'workspace_id' order by a.attnum) as own_columns
    from own_tables t
    join pg_constraint k on k.conrelid = t.oid and k.contype = 'f' and k.conparentid = 0)
select format('%s: %s (%s)', qualified, conname, pg_get_constraintdef(oid)) as finding
  from keys
 where not exists (
   select from pg_index i
    where i.indrelid = keys.table_oid and i.indisvalid
      and (array(select unnest((i.indkey::int2[])[0:cardinality(every_column) - 1]) order by 1) = every_column
           or cardinality(own_columns) > 0 and array(select unnest((i.indkey::int2[])[0:cardinality(own_columns) - 1]) order by 1) = own_columns)
      and (i.indpred is null
           or exists (select from pg_attribute a where a.attrelid = keys.table_oid and a.attnum = any (keys.conkey)
                         and pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', a.attname))))
 order by 1
