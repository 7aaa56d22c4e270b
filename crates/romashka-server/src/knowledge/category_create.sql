-- A new category.
insert into public.knowledge_categories as c (workspace_id, name, description, parent_id, order_index, icon, color, is_active)
values ($workspace, $name, $description, $parent_id, coalesce($order_index, 0), $icon, $color, coalesce($is_active, true))
returning c.id, c.name, c.description, c.parent_id, c.order_index, c.icon, c.color, c.is_active, c.created_at, c.updated_at
