-- Changes role or standing; the database refuses what would leave no owner.
update public.workspace_members as m set role = coalesce($role, m.role), status = coalesce($status, m.status)
 where m.id = $id and m.workspace_id = $workspace
   and m.updated_at = $version --? version
returning m.id
