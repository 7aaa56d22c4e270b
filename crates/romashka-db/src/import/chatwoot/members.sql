insert into public.workspace_members (workspace_id, user_id, role)
select pg_temp.place(), w.person, case (r ->> 'role')::integer when 1 then 'admin' else 'agent' end
  from jsonb_array_elements($1::jsonb) as r join people as w on w.id = (r ->> 'id')::bigint
on conflict (user_id, workspace_id) do nothing
