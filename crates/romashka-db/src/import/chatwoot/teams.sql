insert into public.teams (id, workspace_id, name, description, created_at)
select pg_temp.id_of('team', (r ->> 'id')::bigint), pg_temp.place(), left(r ->> 'name', 200), r ->> 'description', pg_temp.at(r ->> 'created_at')
  from jsonb_array_elements($1::jsonb) as r where coalesce(r ->> 'name', '') <> ''
on conflict do nothing
