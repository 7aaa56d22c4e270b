-- One article.
select i.id, i.title, i.content, i.category_id, i.language, i.tags, i.status, i.audience, i.source_type, i.source_url, i.review_due_at,
       i.reviewed_at, i.change_note, i.version, i.usage_count, i.helpful_count, i.unhelpful_count,
       i.effectiveness_score::float8 as effectiveness_score, i.published_at, i.last_used_at, i.created_by, i.updated_by, i.created_at,
       i.updated_at
  from public.knowledge_items as i
 where i.id = $id and i.workspace_id = $workspace
