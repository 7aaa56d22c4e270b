-- Changes what is given; an absent value leaves its column as it is.
update public.intent_patterns as i
   set intent_name = coalesce($intent_name, i.intent_name),
       language = coalesce($language, i.language),
       patterns = coalesce($patterns, i.patterns),
       examples = case when $changes_examples then $examples else i.examples end,
       confidence_threshold = coalesce($confidence_threshold::float8::numeric, i.confidence_threshold),
       is_active = coalesce($is_active, i.is_active)
 where i.id = $id and i.workspace_id = $workspace
   and i.updated_at = $version --? version
returning i.id, i.intent_name, i.language, i.patterns, i.examples, i.confidence_threshold::float8 as confidence_threshold, i.is_active,
          i.created_by, i.created_at, i.updated_at
