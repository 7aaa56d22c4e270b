insert into auth.users (id, email, raw_user_meta_data)
select pg_temp.id_of('user', (r ->> 'id')::bigint), lower(r ->> 'email'), jsonb_build_object('full_name', coalesce(nullif(r ->> 'name', ''), r ->> 'email'))
  from jsonb_array_elements($1::jsonb) as r
 where r ->> 'email' ~ '^[^@\s]+@[^@\s]+$' and not exists (select from public.profiles as p where lower(p.email) = lower(r ->> 'email'))
on conflict do nothing
