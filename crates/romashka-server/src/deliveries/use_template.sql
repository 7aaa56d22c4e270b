-- The template of this name as the provider has it, counted as used where it may be sent.
update public.message_templates as t
   set usage_count = t.usage_count + case when t.status = 'rejected' or t.status = 'pending' and t.provider_status is not null then 0 else 1 end
 where t.workspace_id = $workspace::uuid and t.channel_type = 'whatsapp' and t.name = $name::text and t.language = $language::text
returning t.status, t.provider_status, t.status_reason
