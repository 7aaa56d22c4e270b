-- Row security is enabled and forced everywhere, also on partitions, which can be read past their parent.
select format('%s: enabled %s, forced %s', qualified, relrowsecurity, relforcerowsecurity) as finding
  from own_tables
 where not (relrowsecurity and relforcerowsecurity)
 order by 1
