-- updated_at that nobody sets is a lie after the first update.
select c.qualified as finding
  from own_columns c
 where not c.is_partition and c.name = 'updated_at'
   and not exists (select from pg_trigger g where g.tgrelid = c.table_oid and g.tgname = format('update_%s_updated_at', c.table_name) and g.tgenabled <> 'D')
 order by 1
