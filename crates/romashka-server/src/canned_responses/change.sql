-- Changes what is given; an absent value leaves its column as it is.
update public.canned_responses as r
   set title = coalesce($title, r.title),
       content = coalesce($content, r.content),
       shortcut = case when $changes_shortcut then $shortcut else r.shortcut end,
       category = coalesce($category, r.category),
       language = coalesce($language, r.language),
       tags = coalesce($tags, r.tags),
       is_public = coalesce($is_public, r.is_public),
       is_active = coalesce($is_active, r.is_active)
 where r.id = $id and r.workspace_id = $workspace
   and r.updated_at = $version --? version
returning r.id, r.title, r.content, r.shortcut, r.category, r.language, r.tags, r.is_public, r.is_active, r.usage_count, r.last_used_at,
          r.created_by, r.created_at, r.updated_at
