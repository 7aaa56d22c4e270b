-- One category.
select c.id, c.name, c.description, c.parent_id, c.order_index, c.icon, c.color, c.is_active, c.created_at, c.updated_at
  from public.knowledge_categories as c
 where c.id = $id and c.workspace_id = $workspace
