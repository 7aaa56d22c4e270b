-- The workspace of a member, a key included.
select w.id, w.slug, w.name, w.time_zone, w.default_language, w.business_hours, w.settings, w.status, $role::text as role, w.created_at, w.updated_at
  from public.workspaces as w where w.id = $id
