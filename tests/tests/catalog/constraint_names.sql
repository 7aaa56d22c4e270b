-- <table>_<columns>_<key|check|fkey|excl>, <table>_pkey: the API shows codes by them. Inherited ones have the parent's name.
select format('%s: %s (%s)', t.qualified, k.conname, pg_get_constraintdef(k.oid)) as finding
  from own_tables t
  join pg_constraint k on k.conrelid = t.oid
 where not t.is_partition and k.contype in ('p', 'u', 'c', 'f', 'x')
   and not (case k.contype when 'p' then k.conname = t.name || '_pkey'
                           else left(k.conname, length(t.name) + 1) = t.name || '_'
                            and k.conname ~ (case k.contype when 'u' then '_key$' when 'c' then '_check$' when 'f' then '_fkey$' else '_excl$' end) end)
 order by 1
