-- A new widget.
insert into public.widget_configurations as w (id, workspace_id, widget_name, channel_id, domain, allowed_domains, configuration, custom_css, requires_identity, status, user_id)
values ($id, $workspace, $name, $channel_id, $domain, coalesce($allowed_domains::text[], '{}'), coalesce($configuration, '{}'::jsonb), $custom_css, coalesce($requires_identity, false),
        case when coalesce($is_active, true) then 'active' else 'inactive' end, (select p.id from public.profiles as p where p.id = romashka.current_user_id()))
returning w.id, w.widget_name as name, w.channel_id, w.domain, w.allowed_domains, w.configuration, w.custom_css, w.requires_identity, w.status = 'active' as is_active, w.created_at, w.updated_at
