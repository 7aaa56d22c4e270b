-- The names of people.
select p.id, coalesce(nullif(p.full_name, ''), p.email) as name from public.profiles as p where p.id = any ($people::uuid[])
