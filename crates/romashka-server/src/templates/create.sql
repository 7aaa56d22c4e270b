-- A new template.
insert into public.message_templates as t (workspace_id, name, language, category, channel_type, template_content, status, external_template_id)
values ($workspace, $name, $language, $category, $channel_type, coalesce($template_content, '{}'::jsonb), coalesce($status, 'pending'),
        $external_template_id)
returning t.id, t.name, t.language, t.category, t.channel_type, t.template_content, t.status, t.external_template_id, t.provider_status, t.status_reason, t.quality, t.usage_count,
          t.created_by, t.created_at, t.updated_at
