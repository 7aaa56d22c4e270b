-- The template of this name as the provider has it, counted as used.
update public.message_templates as t set usage_count = t.usage_count + 1
 where t.workspace_id = $workspace::uuid and t.channel_type = 'whatsapp' and t.name = $name::text and t.language = $language::text
returning t.status
