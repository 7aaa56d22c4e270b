-- A new article.
insert into public.knowledge_items as i (workspace_id, title, content, category_id, language, tags, status, audience, source_type, source_url, review_due_at, change_note)
values ($workspace, $title, $content, $category_id, coalesce($language, 'en'), coalesce($tags, '{}'::text[]), coalesce($status, 'draft'),
        coalesce($audience, 'public'), coalesce($source_type, 'manual'), $source_url, $review_due_at, $change_note)
returning i.id, i.title, i.content, i.category_id, i.language, i.tags, i.status, i.audience, i.source_type, i.source_url, i.review_due_at,
          i.reviewed_at, i.change_note, i.version, i.usage_count, i.helpful_count, i.unhelpful_count,
          i.effectiveness_score::float8 as effectiveness_score, i.published_at, i.last_used_at, i.created_by, i.updated_by, i.created_at,
          i.updated_at
