-- Changes what is given; an absent value leaves its column as it is.
update public.custom_attribute_definitions as d
   set label = coalesce($label, d.label),
       value_type = coalesce($value_type, d.value_type),
       allowed_values = coalesce($allowed_values, d.allowed_values),
       is_required = coalesce($is_required, d.is_required)
 where d.id = $id and d.workspace_id = $workspace
   and d.updated_at = $version --? version
returning d.id, d.applies_to, d.attribute_key, d.label, d.value_type, d.allowed_values, d.is_required, d.created_at, d.updated_at
