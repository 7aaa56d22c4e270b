-- Purpose: the people of a fictional shop for plants, tea and pottery: six agents, their teams, and when they work.
-- The addresses belong to nobody (.example) and there are no passwords: nobody can sign in with them.
create or replace function pg_temp.demo_id(kind integer, n integer) returns uuid language sql immutable
return ('00000000-0000-7000-8000-' || lpad(to_hex(kind), 4, '0') || lpad(to_hex(n), 8, '0'))::uuid;
-- Evenly distributed in [0, 1), the same on each run.
create or replace function pg_temp.demo_chance(what text, n integer) returns double precision language sql immutable
return (('x' || substr(md5(what || n), 1, 8))::bit(32)::bigint & 2147483647) / 2147483648.0;
create or replace function pg_temp.demo_pick(what text, n integer, choices text[]) returns text language sql immutable
return choices[1 + floor(pg_temp.demo_chance(what, n) * cardinality(choices))::integer];

set local romashka.auto_assign = 'off';
set local romashka.actor_kind = 'system';

create temporary table demo_people on commit drop as
select n, pg_temp.demo_id(1, n) as id, email, full_name, time_zone, language, member_role, team, is_online, chats
  from (values
    (1, 'anna.weber@romashka.example', 'Anna Weber', 'Europe/Berlin', 'de', 'admin', 1, true, 6),
    (2, 'dmitri.sokolov@romashka.example', 'Dmitri Sokolov', 'Europe/Riga', 'ru', 'agent', 1, true, 6),
    (3, 'grace.okafor@romashka.example', 'Grace Okafor', 'Europe/London', 'en', 'agent', 1, true, 8),
    (4, 'lucia.moreno@romashka.example', 'Lucía Moreno', 'Europe/Madrid', 'es', 'agent', 2, true, 6),
    (5, 'tom.fletcher@romashka.example', 'Tom Fletcher', 'America/New_York', 'en', 'agent', 2, false, 5),
    (6, 'mira.novak@romashka.example', 'Mira Novak', 'Europe/Prague', 'en', 'agent', 3, false, 4)
  ) as people (n, email, full_name, time_zone, language, member_role, team, is_online, chats);

-- The trigger on auth.users makes the profiles; a person of that address who is there already is left alone.
insert into auth.users (id, email, raw_user_meta_data)
select id, email, jsonb_build_object('full_name', full_name) from demo_people as p
 where not exists (select from auth.users as u where u.email = p.email)
on conflict do nothing;
update public.profiles as p set timezone = d.time_zone, language = d.language, role = case d.member_role when 'admin' then 'admin' else 'agent' end,
    company_name = 'Romashka Garden', onboarding_completed = true
  from demo_people as d where p.id = d.id and p.company_name is null and not p.onboarding_completed;
delete from demo_people as d where not exists (select from public.profiles as p where p.id = d.id);

insert into public.workspace_members (id, user_id, role)
select pg_temp.demo_id(2, n), id, member_role from demo_people on conflict do nothing;

insert into public.teams (id, name, description, department) values
  (pg_temp.demo_id(3, 1), 'Orders and delivery', 'Where is it, when does it come, what is missing', 'orders'),
  (pg_temp.demo_id(3, 2), 'Returns and payments', 'Refunds, invoices, vouchers, damaged goods', 'returns'),
  (pg_temp.demo_id(3, 3), 'Plant care', 'Advice by gardeners: light, water, pests', 'plants')
on conflict do nothing;
insert into public.team_members (id, team_id, user_id)
select pg_temp.demo_id(4, n), t.id, d.id from demo_people as d join public.teams as t on t.id = pg_temp.demo_id(3, d.team)
 where exists (select from public.workspace_members as m where m.user_id = d.id and m.workspace_id = t.workspace_id)
on conflict do nothing;
insert into public.agent_availability (id, agent_id, is_online, status, max_concurrent_chats, working_hours)
select pg_temp.demo_id(5, n), id, is_online, case when is_online then 'available' else 'offline' end, chats,
  (select jsonb_object_agg(day, '{"start": "08:00", "end": "18:00"}'::jsonb)
     from unnest(array['monday', 'tuesday', 'wednesday', 'thursday', 'friday'] || case when n in (2, 3, 4) then array['saturday'] else '{}' end) as day)
  from demo_people on conflict do nothing;
