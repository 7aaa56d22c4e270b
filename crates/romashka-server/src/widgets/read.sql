-- One widget.
select w.id, w.widget_name as name, w.channel_id, w.domain, w.allowed_domains, w.configuration, w.custom_css, w.requires_identity, w.status = 'active' as is_active, w.created_at, w.updated_at
  from public.widget_configurations as w
 where w.id = $id and w.workspace_id = $workspace
