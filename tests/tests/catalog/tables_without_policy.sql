-- Row security without a policy is a table that nobody but its owner can read: an oversight, or to be said.
select t.qualified as finding
  from own_tables t
 where not t.is_partition and not exists (select from own_policies p where p.table_oid = t.oid)
 order by 1
