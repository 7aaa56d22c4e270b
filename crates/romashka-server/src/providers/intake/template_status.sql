-- How a template stands at Meta now.
update public.message_templates as t set status = $status::text, updated_at = now()
 where t.workspace_id = $workspace::uuid and t.channel_type = 'whatsapp' and t.status <> $status::text
   and (t.external_template_id = $external_id::text or t.name = $name::text and t.language = $language::text)
