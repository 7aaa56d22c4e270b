-- Articles of the workspace, by keyset.
select i.id, i.title, i.content, i.category_id, i.language, i.tags, i.status, i.audience, i.source_type, i.source_url, i.review_due_at,
       i.reviewed_at, i.change_note, i.version, i.usage_count, i.helpful_count, i.unhelpful_count,
       i.effectiveness_score::float8 as effectiveness_score, i.published_at, i.last_used_at, i.created_by, i.updated_by, i.created_at,
       i.updated_at
  from public.knowledge_items as i
 where i.workspace_id = $workspace
   and i.status = any ($status) --? status
   and i.audience = any ($audience) --? audience
   and i.category_id = $category_id --? category_id
   and i.language = $language --? language
   and i.tags @> array[$tag] --? tag
   and (i.created_at, i.id) < ($after_time, $after_id) --? after_created_at
   and (i.updated_at, i.id) < ($after_time, $after_id) --? after_updated_at
   and (i.title, i.id) > ($after_text::text, $after_id) --? after_title
 order by i.created_at desc, i.id desc --? by_created_at
 order by i.updated_at desc, i.id desc --? by_updated_at
 order by i.title, i.id --? by_title
 limit $row_limit
