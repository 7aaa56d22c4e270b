-- Permissive policies are OR-ed, each is computed for each row, and the laxest wins: one for each role and command.
select format('%s: %s as %s: %s', p.qualified, command, coalesce(role_oid::regrole::text, 'public'), string_agg(p.name, ', ' order by p.name)) as finding
  from own_policies p
 cross join lateral unnest(p.polroles) as role_oid
 cross join lateral unnest(case p.polcmd when '*' then array['select', 'insert', 'update', 'delete'] when 'r' then array['select'] when 'a' then array['insert']
                                         when 'w' then array['update'] else array['delete'] end) as command
 where p.polpermissive
 group by p.qualified, command, role_oid
having count(*) > 1
 order by 1
