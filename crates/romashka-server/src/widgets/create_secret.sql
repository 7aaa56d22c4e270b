-- A new secret of a widget.
insert into public.widget_identity_secrets as s (id, workspace_id, widget_id, secret_key)
values ($id, $workspace, $widget, $secret_key)
returning s.id, s.created_by, s.created_at
