-- A foreign key without an index makes every delete and key update of the referred row read the whole table. The leading
-- columns of some index are the key's, in any order; "where column is not null" still serves it.
select format('%s: %s (%s)', t.qualified, k.conname, pg_get_constraintdef(k.oid)) as finding
  from own_tables t
  join pg_constraint k on k.conrelid = t.oid and k.contype = 'f' and k.conparentid = 0
 where not exists (
   select from pg_index i
    where i.indrelid = t.oid and i.indisvalid
      and (select array_agg(column_number order by column_number) from unnest((i.indkey::int2[])[0:cardinality(k.conkey) - 1]) as column_number)
        = (select array_agg(column_number order by column_number) from unnest(k.conkey) as column_number)
      and (i.indpred is null
           or exists (select from unnest(k.conkey) as column_number
                       where pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)', (select attname from pg_attribute where attrelid = t.oid and attnum = column_number)))))
 order by 1
