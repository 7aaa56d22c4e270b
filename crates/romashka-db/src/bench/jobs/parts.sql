-- What an insert into public.messages pays for: kind, name, the statement that takes it away, the one that brings it back.
-- An index that is not ready is skipped by writers; the server does the same while it builds one concurrently.
select 'index' as kind, i.indexrelid::regclass::text as name,
       format('update pg_catalog.pg_index set indisready = false where indexrelid = %s', i.indexrelid),
       format('update pg_catalog.pg_index set indisready = true where indexrelid = %s', i.indexrelid)
  from pg_catalog.pg_index as i where i.indrelid = 'public.messages'::regclass
union all
select case when t.tgisinternal then 'foreign key' else 'trigger' end,
       case when t.tgisinternal then (select c.conname::text from pg_catalog.pg_constraint as c where c.oid = t.tgconstraint) else t.tgname::text end,
       format('alter table public.messages disable trigger %I', t.tgname),
       format('alter table public.messages enable trigger %I', t.tgname)
  from pg_catalog.pg_trigger as t where t.tgrelid = 'public.messages'::regclass and t.tgtype & 4 = 4 and t.tgenabled <> 'D'
union all
select 'checks', count(*) || ' checks',
       'alter table public.messages ' || string_agg(format('drop constraint %I', c.conname), ', '),
       'alter table public.messages ' || string_agg(format('add constraint %I %s not valid', c.conname, replace(pg_get_constraintdef(c.oid), ' NOT VALID', '')), ', ')
  from pg_catalog.pg_constraint as c where c.conrelid = 'public.messages'::regclass and c.contype = 'c'
having count(*) > 0
union all
select 'checks', 'domain ' || t.typname,
       string_agg(format('alter domain %I.%I drop constraint %I', n.nspname, t.typname, c.conname), '; '),
       string_agg(format('alter domain %I.%I add constraint %I %s not valid', n.nspname, t.typname, c.conname, replace(pg_get_constraintdef(c.oid), ' NOT VALID', '')), '; ')
  from pg_catalog.pg_type as t
  join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
  join pg_catalog.pg_constraint as c on c.contypid = t.oid and c.contype = 'c'
 where t.oid in (select a.atttypid from pg_catalog.pg_attribute as a where a.attrelid = 'public.messages'::regclass and a.attnum > 0)
 group by t.typname
order by 1, 2
