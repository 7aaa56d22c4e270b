-- The secrets of a widget, without what they are.
select s.id, s.created_by, s.created_at
  from public.widget_identity_secrets as s
 where s.widget_id = $widget and s.workspace_id = $workspace
 order by s.created_at desc, s.id desc
