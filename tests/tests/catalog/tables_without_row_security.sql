-- Row security is enabled and forced everywhere; a partition that can be read past its parent needs it as well. Those in
-- romashka_partitions cannot: nobody but the owner may use the schema (grants_on_partitions).
select format('%s: enabled %s, forced %s', qualified, relrowsecurity, relforcerowsecurity) as finding
  from own_tables
 where not (relrowsecurity and relforcerowsecurity)
   and not (is_partition and schema = 'romashka_partitions')
 order by 1
