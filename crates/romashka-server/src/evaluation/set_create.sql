-- A new question set.
insert into public.question_sets as s (workspace_id, name, description, language, audience, is_automatic, created_by)
values ($workspace, $name, $description, coalesce($language::text, 'en'), coalesce($audience::text, 'public'), coalesce($is_automatic::boolean, true), $created_by::uuid)
returning s.id, s.name, s.description, s.language, s.audience, s.is_automatic, s.created_by, s.created_at, s.updated_at
