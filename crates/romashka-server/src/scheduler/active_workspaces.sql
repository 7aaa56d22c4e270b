-- The workspaces that are at work.
select coalesce(array_agg(w.id order by w.id), '{}')::uuid[] from public.workspaces as w where w.status = 'active'
