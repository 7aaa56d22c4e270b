-- A jsonb column says what it holds: an object, an array, or what a function of ours (romashka.is_…) recognises.
select format('%s.%I', c.qualified, c.name) as finding
  from own_columns c
 where not c.is_partition and c.atttypid = 'jsonb'::regtype
   and not exists (select from pg_constraint k where k.conrelid = c.table_oid and k.contype = 'c' and c.attnum = any (k.conkey) and pg_get_constraintdef(k.oid) ~ ('(jsonb_typeof|romashka\.is_\w+)\(' || c.name || '[,)]'))
 order by 1
