-- The widget of the demo content, where that is loaded.
select public.widget_token(w.id, w.workspace_id)
  from public.widget_configurations as w
 where w.domain = 'demo.romashka.example' and w.status = 'active'
 order by w.created_at
 limit 1
