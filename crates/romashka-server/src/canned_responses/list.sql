-- Canned responses of the workspace, by keyset.
select r.id, r.title, r.content, r.shortcut, r.category, r.language, r.tags, r.is_public, r.is_active, r.usage_count, r.last_used_at,
       r.created_by, r.created_at, r.updated_at
  from public.canned_responses as r
 where r.workspace_id = $workspace
   and position(lower($search::text) in lower(concat_ws(' ', r.title, r.shortcut, r.content))) > 0 --? search
   and starts_with(lower(r.shortcut), lower($shortcut::text)) --? shortcut
   and r.language = $language --? language
   and r.category = $category --? category
   and r.is_active = $is_active --? is_active
   and (r.title, r.id) > ($after_text::text, $after_id) --? after_title
   and (r.usage_count, r.id) < ($after_number::bigint, $after_id) --? after_usage_count
   and (r.created_at, r.id) < ($after_time, $after_id) --? after_created_at
 order by r.title, r.id --? by_title
 order by r.usage_count desc, r.id desc --? by_usage_count
 order by r.created_at desc, r.id desc --? by_created_at
 limit $row_limit
