-- A new intent pattern.
insert into public.intent_patterns as i (workspace_id, intent_name, language, patterns, examples, confidence_threshold, is_active)
values ($workspace, $intent_name, $language, $patterns, $examples, coalesce($confidence_threshold::float8::numeric, 0.8),
        coalesce($is_active, true))
returning i.id, i.intent_name, i.language, i.patterns, i.examples, i.confidence_threshold::float8 as confidence_threshold, i.is_active,
          i.created_by, i.created_at, i.updated_at
