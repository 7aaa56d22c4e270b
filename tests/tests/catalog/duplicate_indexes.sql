-- An index whose keys begin another one costs every write and serves nothing that the other does not.
select format('%s: %s (%s) is a part of %s (%s)', a.qualified, a.name, array_to_string(a.keys, ', '), b.name, array_to_string(b.keys, ', ')) as finding
  from own_indexes a
  join own_indexes b on b.table_oid = a.table_oid and b.oid <> a.oid and b.method = a.method and b.predicate = a.predicate
 where not a.is_partition and not a.indisunique and not a.is_constraint
   and case when a.method = 'btree' then a.keys = b.keys[1:cardinality(a.keys)] else a.keys = b.keys end
   and coalesce(a.included, '{}') <@ (coalesce(b.included, '{}') || array(select split_part(key, ' ', 1) from unnest(b.keys) as key))
   and (a.keys <> b.keys or coalesce(a.included, '{}') <> coalesce(b.included, '{}') or b.indisunique or a.oid < b.oid)
 order by 1
