-- What was said between the visitor and the workspace, oldest first, 200 at most.
select message_id as id, sender_type, content, created_at
  from public.read_widget_conversation($visitor, $widget, $after)
