insert into contacts (id, customer)
select (r ->> 'id')::bigint, p.id from jsonb_array_elements($1::jsonb) as r
 cross join lateral (
   select p.id from public.customer_profiles as p
    where p.workspace_id = pg_temp.place() and (p.id = pg_temp.id_of('contact', (r ->> 'id')::bigint) or (lower(p.email) = lower(r ->> 'email') and p.merged_into_id is null))
    order by p.id = pg_temp.id_of('contact', (r ->> 'id')::bigint) desc limit 1) as p
on conflict do nothing
