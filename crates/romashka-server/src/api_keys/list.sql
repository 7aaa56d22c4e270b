-- The keys of the workspace; revoked ones too, for the audit.
select k.id, k.name, k.display_prefix, k.last_four, k.role, k.scopes, k.created_by, k.expires_at, k.last_used_at, k.revoked_at, k.created_at
  from public.api_keys as k
 where k.workspace_id = $workspace
   and k.id = $id --? id
   and (k.created_at, k.id) < ($after_time, $after_id) --? after
 order by k.created_at desc, k.id desc
 limit $row_limit
