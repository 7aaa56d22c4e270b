-- Changes what is given; an absent value leaves its column as it is.
update public.knowledge_items as i
   set title = coalesce($title, i.title),
       content = coalesce($content, i.content),
       category_id = case when $changes_category_id then $category_id else i.category_id end,
       language = coalesce($language, i.language),
       tags = coalesce($tags, i.tags),
       status = coalesce($status, i.status),
       audience = coalesce($audience, i.audience),
       source_url = case when $changes_source_url then $source_url else i.source_url end,
       review_due_at = case when $changes_review_due_at then $review_due_at else i.review_due_at end,
       reviewed_at = case when $changes_reviewed_at then $reviewed_at else i.reviewed_at end,
       change_note = case when $changes_change_note then $change_note else i.change_note end
 where i.id = $id and i.workspace_id = $workspace
   and i.updated_at = $version --? version
returning i.id, i.title, i.content, i.category_id, i.language, i.tags, i.status, i.audience, i.source_type, i.source_url, i.review_due_at,
          i.reviewed_at, i.change_note, i.version, i.usage_count, i.helpful_count, i.unhelpful_count,
          i.effectiveness_score::float8 as effectiveness_score, i.published_at, i.last_used_at, i.created_by, i.updated_by, i.created_at,
          i.updated_at
