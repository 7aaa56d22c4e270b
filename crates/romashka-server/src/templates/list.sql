-- Templates of the workspace, by keyset.
select t.id, t.name, t.language, t.category, t.channel_type, t.template_content, t.status, t.external_template_id, t.provider_status, t.status_reason, t.quality, t.usage_count,
       t.created_by, t.created_at, t.updated_at
  from public.message_templates as t
 where t.workspace_id = $workspace
   and position(lower($search::text) in lower(t.name)) > 0 --? search
   and t.channel_type = any ($channel_type) --? channel_type
   and t.status = any ($status) --? status
   and t.language = $language --? language
   and (t.name, t.id) > ($after_text::text, $after_id) --? after_name
   and (t.created_at, t.id) < ($after_time, $after_id) --? after_created_at
 order by t.name, t.id --? by_name
 order by t.created_at desc, t.id desc --? by_created_at
 limit $row_limit
