-- The figures of the database.
select public.monitor()
