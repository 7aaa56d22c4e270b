-- Changes what is given; an absent value leaves its column as it is.
update public.message_templates as t
   set name = coalesce($name, t.name),
       language = coalesce($language, t.language),
       category = coalesce($category, t.category),
       template_content = coalesce($template_content, t.template_content),
       status = coalesce($status, t.status),
       external_template_id = case when $changes_external_template_id then $external_template_id else t.external_template_id end
 where t.id = $id and t.workspace_id = $workspace
   and t.updated_at = $version --? version
returning t.id, t.name, t.language, t.category, t.channel_type, t.template_content, t.status, t.external_template_id, t.provider_status, t.status_reason, t.quality, t.usage_count,
          t.created_by, t.created_at, t.updated_at
