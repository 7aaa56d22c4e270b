-- Functions of an extension in public are an API of their own: they belong into the schema "extensions".
select e.extname::text as finding from pg_extension e join pg_namespace n on n.oid = e.extnamespace where n.nspname = 'public' order by 1
