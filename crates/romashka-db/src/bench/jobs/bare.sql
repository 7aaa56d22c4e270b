-- A table with the columns and defaults of public.messages and nothing else: of a domain only the type it is made of stays, because its checks are checks.
drop table if exists public.bare_messages;
create table public.bare_messages (like public.messages including defaults);
do $$
declare
  plain record;
begin
  for plain in select a.attname, format_type(t.typbasetype, t.typtypmod) as base
                 from pg_catalog.pg_attribute as a join pg_catalog.pg_type as t on t.oid = a.atttypid
                where a.attrelid = 'public.bare_messages'::regclass and a.attnum > 0 and not a.attisdropped and t.typtype = 'd' loop
    execute format('alter table public.bare_messages alter column %I type %s', plain.attname, plain.base);
  end loop;
end $$;
grant insert on public.bare_messages to authenticated;
