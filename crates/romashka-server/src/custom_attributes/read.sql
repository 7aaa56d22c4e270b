-- One custom attribute.
select d.id, d.applies_to, d.attribute_key, d.label, d.value_type, d.allowed_values, d.is_required, d.created_at, d.updated_at
  from public.custom_attribute_definitions as d
 where d.id = $id and d.workspace_id = $workspace
