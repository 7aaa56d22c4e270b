-- A new canned response.
insert into public.canned_responses as r (workspace_id, title, content, shortcut, category, language, tags, is_public, is_active)
values ($workspace, $title, $content, $shortcut, coalesce($category, 'general'), coalesce($language, 'en'), coalesce($tags, '{}'::text[]),
        coalesce($is_public, true), coalesce($is_active, true))
returning r.id, r.title, r.content, r.shortcut, r.category, r.language, r.tags, r.is_public, r.is_active, r.usage_count, r.last_used_at,
          r.created_by, r.created_at, r.updated_at
