-- The newest migration.
select max(version) from public.schema_migrations where version ~ '^[0-9]+$'
