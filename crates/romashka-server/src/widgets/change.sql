-- Changes what is given; an absent value leaves its column as it is.
update public.widget_configurations as w
   set widget_name = coalesce($name, w.widget_name),
       allowed_domains = coalesce($allowed_domains, w.allowed_domains),
       configuration = coalesce($configuration, w.configuration),
       custom_css = coalesce($custom_css, w.custom_css),
       requires_identity = coalesce($requires_identity, w.requires_identity),
       status = case $is_active::boolean when true then 'active' when false then 'inactive' else w.status end
 where w.id = $id and w.workspace_id = $workspace
   and w.updated_at = $version --? version
returning w.id, w.widget_name as name, w.channel_id, w.domain, w.allowed_domains, w.configuration, w.custom_css, w.requires_identity, w.status = 'active' as is_active, w.created_at, w.updated_at
