-- Who looks after a workspace, those who have done so longest.
select p.email, p.language from public.workspace_members as m join public.profiles as p on p.id = m.user_id
 where m.workspace_id = $workspace::uuid and m.role in ('owner', 'admin') and m.status = 'active'
 order by m.created_at, m.id limit 20
