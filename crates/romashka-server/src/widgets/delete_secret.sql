-- Removes one secret of a widget.
delete from public.widget_identity_secrets as s
 where s.id = $secret and s.widget_id = $widget and s.workspace_id = $workspace
