-- Holds a widget, so that its secrets are counted one after the other.
select w.id from public.widget_configurations as w
 where w.id = $id and w.workspace_id = $workspace for update
