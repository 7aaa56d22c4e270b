insert into people (id, person)
select (r ->> 'id')::bigint, p.id from jsonb_array_elements($1::jsonb) as r join public.profiles as p on lower(p.email) = lower(r ->> 'email')
on conflict do nothing
