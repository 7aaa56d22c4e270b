insert into inboxes (id, channel, type)
select (r ->> 'id')::bigint, c.id, c.type from jsonb_array_elements($1::jsonb) as r
  join public.communication_channels as c on c.workspace_id = pg_temp.place() and c.id = pg_temp.id_of('inbox', (r ->> 'id')::bigint)
on conflict do nothing
