-- Changes what is given; an absent value leaves its column as it is.
update public.conversations as c
   set subject = case when $changes_subject then $subject else c.subject end,
       priority = coalesce($priority, c.priority),
       tags = coalesce($tags, c.tags),
       language = coalesce($language, c.language),
       department = coalesce($department, c.department),
       custom_attributes = coalesce($custom_attributes, c.custom_attributes)
 where c.id = $id and c.workspace_id = $workspace
   and c.updated_at = $version --? version
returning c.id
