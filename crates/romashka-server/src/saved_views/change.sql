-- Changes what is given; an absent value leaves its column as it is.
update public.saved_views as v
   set name = coalesce($name, v.name),
       filters = coalesce($filters, v.filters),
       sort = coalesce($sort, v.sort),
       is_shared = coalesce($is_shared, v.is_shared)
 where v.id = $id and v.workspace_id = $workspace
   and v.updated_at = $version --? version
returning v.id, v.user_id, v.name, v.filters, v.sort, v.is_shared, v.created_at, v.updated_at
