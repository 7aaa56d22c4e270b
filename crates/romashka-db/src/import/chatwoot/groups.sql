insert into groups (id, team)
select (r ->> 'id')::bigint, t.id from jsonb_array_elements($1::jsonb) as r
  join public.teams as t on t.workspace_id = pg_temp.place() and (t.id = pg_temp.id_of('team', (r ->> 'id')::bigint) or t.name = left(r ->> 'name', 200))
on conflict do nothing
