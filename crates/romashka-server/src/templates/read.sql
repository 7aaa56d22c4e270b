-- One template.
select t.id, t.name, t.language, t.category, t.channel_type, t.template_content, t.status, t.external_template_id, t.provider_status, t.status_reason, t.quality, t.usage_count,
       t.created_by, t.created_at, t.updated_at
  from public.message_templates as t
 where t.id = $id and t.workspace_id = $workspace
