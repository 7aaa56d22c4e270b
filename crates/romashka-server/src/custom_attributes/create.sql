-- A new custom attribute.
insert into public.custom_attribute_definitions as d (workspace_id, applies_to, attribute_key, label, value_type, allowed_values, is_required)
values ($workspace, $applies_to, $attribute_key, $label, coalesce($value_type, 'text'), coalesce($allowed_values, '{}'::text[]),
        coalesce($is_required, false))
returning d.id, d.applies_to, d.attribute_key, d.label, d.value_type, d.allowed_values, d.is_required, d.created_at, d.updated_at
