-- Categories of the workspace, by keyset.
select c.id, c.name, c.description, c.parent_id, c.order_index, c.icon, c.color, c.is_active, c.created_at, c.updated_at
  from public.knowledge_categories as c
 where c.workspace_id = $workspace
   and c.parent_id = $parent_id --? parent_id
   and c.is_active = $is_active --? is_active
   and (c.order_index, c.id) > ($after_number::bigint, $after_id) --? after_order_index
   and (c.name, c.id) > ($after_text::text, $after_id) --? after_name
 order by c.order_index, c.id --? by_order_index
 order by c.name, c.id --? by_name
 limit $row_limit
