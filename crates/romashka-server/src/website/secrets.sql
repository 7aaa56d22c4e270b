-- The keys by which the owner of a widget's site proves his visitors, newest first.
select s.id, s.workspace_id, s.secret_key
  from romashka.find_widget($widget) as f
  join public.widget_identity_secrets as s on s.widget_id = f.widget_id and s.workspace_id = f.workspace_id
 order by s.created_at desc, s.id desc
