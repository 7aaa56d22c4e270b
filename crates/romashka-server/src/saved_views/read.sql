-- One saved view.
select v.id, v.user_id, v.name, v.filters, v.sort, v.is_shared, v.created_at, v.updated_at
  from public.saved_views as v
 where v.id = $id and v.workspace_id = $workspace
