-- What customers think of a template, or which category it is in.
update public.message_templates as t set quality = coalesce($quality::text, t.quality), category = coalesce($category::text, t.category), updated_at = now()
 where t.workspace_id = $workspace::uuid and t.channel_type = 'whatsapp'
   and (t.external_template_id = $external_id::text or t.name = $name::text and t.language = $language::text)
