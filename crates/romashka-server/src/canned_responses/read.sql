-- One canned response.
select r.id, r.title, r.content, r.shortcut, r.category, r.language, r.tags, r.is_public, r.is_active, r.usage_count, r.last_used_at,
       r.created_by, r.created_at, r.updated_at
  from public.canned_responses as r
 where r.id = $id and r.workspace_id = $workspace
