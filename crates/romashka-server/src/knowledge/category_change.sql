-- Changes what is given; an absent value leaves its column as it is.
update public.knowledge_categories as c
   set name = coalesce($name, c.name),
       description = case when $changes_description then $description else c.description end,
       parent_id = case when $changes_parent_id then $parent_id else c.parent_id end,
       order_index = coalesce($order_index, c.order_index),
       icon = case when $changes_icon then $icon else c.icon end,
       color = case when $changes_color then $color else c.color end,
       is_active = coalesce($is_active, c.is_active)
 where c.id = $id and c.workspace_id = $workspace
   and c.updated_at = $version --? version
returning c.id, c.name, c.description, c.parent_id, c.order_index, c.icon, c.color, c.is_active, c.created_at, c.updated_at
