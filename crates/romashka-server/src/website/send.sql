-- Stores what a visitor wrote, once for each of his own ids.
select conversation_id, message_id
  from public.start_widget_conversation($widget, $visitor, $content, $name, $email, $client_message_id)
