-- Custom attributes of the workspace, by keyset.
select d.id, d.applies_to, d.attribute_key, d.label, d.value_type, d.allowed_values, d.is_required, d.created_at, d.updated_at
  from public.custom_attribute_definitions as d
 where d.workspace_id = $workspace
   and d.applies_to = $applies_to --? applies_to
   and (d.attribute_key, d.id) > ($after_text::text, $after_id) --? after_attribute_key
   and (d.created_at, d.id) < ($after_time, $after_id) --? after_created_at
 order by d.attribute_key, d.id --? by_attribute_key
 order by d.created_at desc, d.id desc --? by_created_at
 limit $row_limit
