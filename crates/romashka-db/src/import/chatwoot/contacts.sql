insert into public.customer_profiles (id, workspace_id, email, name, phone, company, location, custom_fields, status, notes, last_interaction, created_at)
select pg_temp.id_of('contact', (r ->> 'id')::bigint), pg_temp.place(), a.email, nullif(concat_ws(' ', nullif(r ->> 'name', ''), nullif(r ->> 'middle_name', ''), nullif(r ->> 'last_name', '')), ''),
       nullif(r ->> 'phone_number', ''), r #>> '{additional_attributes,company_name}',
       coalesce(nullif(r ->> 'location', ''), nullif(concat_ws(', ', r #>> '{additional_attributes,city}', r #>> '{additional_attributes,country}'), '')),
       case when jsonb_typeof(r -> 'custom_attributes') = 'object' then r -> 'custom_attributes' else '{}' end
         || case when coalesce(r ->> 'identifier', '') <> '' then jsonb_build_object('identifier', r ->> 'identifier') else '{}' end,
       case when (r ->> 'blocked')::boolean then 'blocked' else 'active' end, r ->> 'notes', pg_temp.at(r ->> 'last_activity_at'), pg_temp.at(r ->> 'created_at')
  from jsonb_array_elements($1::jsonb) as r
 cross join lateral (select case when length(r ->> 'email') <= 320 and r ->> 'email' ~ '^[^@\s]+@[^@\s]+$' then r ->> 'email' end as email) as a
 where a.email is null or not exists (select from public.customer_profiles as p
   where p.workspace_id = pg_temp.place() and lower(p.email) = lower(a.email) and p.merged_into_id is null)
on conflict do nothing
