-- One intent pattern.
select i.id, i.intent_name, i.language, i.patterns, i.examples, i.confidence_threshold::float8 as confidence_threshold, i.is_active,
       i.created_by, i.created_at, i.updated_at
  from public.intent_patterns as i
 where i.id = $id and i.workspace_id = $workspace
