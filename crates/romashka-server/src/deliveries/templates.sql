-- Templates that may be sent instead, the most used first.
select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name, 'language', t.language, 'category', t.category, 'template_content', t.template_content) order by t.usage_count desc, t.name, t.id), '[]')
  from (select * from public.message_templates as x
         where x.workspace_id = $workspace::uuid and x.channel_type = 'whatsapp' and x.status = 'approved'
         order by x.usage_count desc, x.name, x.id limit 10) as t
