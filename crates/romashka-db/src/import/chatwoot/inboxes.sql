-- Inactive: nothing is fetched or sent until somebody connects it.
insert into public.communication_channels (id, workspace_id, name, type, status, created_at)
select pg_temp.id_of('inbox', (r ->> 'id')::bigint), pg_temp.place(), left(coalesce(nullif(r ->> 'name', ''), 'Inbox ' || (r ->> 'id')), 200), r ->> 'type', 'inactive', pg_temp.at(r ->> 'created_at')
  from jsonb_array_elements($1::jsonb) as r
on conflict do nothing
