insert into public.team_members (id, workspace_id, team_id, user_id)
select pg_temp.id_of('team_member', (r ->> 'id')::bigint), pg_temp.place(), g.team, w.person
  from jsonb_array_elements($1::jsonb) as r join groups as g on g.id = (r ->> 'team_id')::bigint join people as w on w.id = (r ->> 'user_id')::bigint
  join public.workspace_members as m on m.workspace_id = pg_temp.place() and m.user_id = w.person
on conflict do nothing
