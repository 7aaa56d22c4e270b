-- Saved views of the workspace, by keyset.
select v.id, v.user_id, v.name, v.filters, v.sort, v.is_shared, v.created_at, v.updated_at
  from public.saved_views as v
 where v.workspace_id = $workspace
   and v.is_shared = $is_shared --? is_shared
   and (v.name, v.id) > ($after_text::text, $after_id) --? after_name
   and (v.created_at, v.id) < ($after_time, $after_id) --? after_created_at
 order by v.name, v.id --? by_name
 order by v.created_at desc, v.id desc --? by_created_at
 limit $row_limit
