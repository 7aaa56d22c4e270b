-- Changes what is given; an absent value leaves its column as it is.
update public.question_sets as s
   set name = coalesce($name, s.name),
       description = coalesce($description, s.description),
       language = coalesce($language, s.language),
       audience = coalesce($audience::text, s.audience),
       is_automatic = coalesce($is_automatic, s.is_automatic)
 where s.id = $id and s.workspace_id = $workspace
   and s.updated_at = $version --? version
returning s.id, s.name, s.description, s.language, s.audience, s.is_automatic, s.created_by, s.created_at, s.updated_at
