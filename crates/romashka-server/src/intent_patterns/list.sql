-- Intent patterns of the workspace, by keyset.
select i.id, i.intent_name, i.language, i.patterns, i.examples, i.confidence_threshold::float8 as confidence_threshold, i.is_active,
       i.created_by, i.created_at, i.updated_at
  from public.intent_patterns as i
 where i.workspace_id = $workspace
   and i.language = $language --? language
   and i.is_active = $is_active --? is_active
   and (i.intent_name, i.id) > ($after_text::text, $after_id) --? after_intent_name
   and (i.created_at, i.id) < ($after_time, $after_id) --? after_created_at
 order by i.intent_name, i.id --? by_intent_name
 order by i.created_at desc, i.id desc --? by_created_at
 limit $row_limit
