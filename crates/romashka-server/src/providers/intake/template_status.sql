-- How a template stands at Meta now.
update public.message_templates as t
   set status = coalesce($status::text, t.status), provider_status = $provider_status::text, provider_status_at = $at::timestamptz, status_reason = $reason::text,
       category = coalesce($category::text, t.category), updated_at = now()
 where t.workspace_id = $workspace::uuid and t.channel_type = 'whatsapp' and (t.provider_status_at is null or t.provider_status_at <= $at::timestamptz)
   and (t.external_template_id = $external_id::text or t.name = $name::text and t.language = $language::text)
