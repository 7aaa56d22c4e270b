-- Stores what a visitor wrote, once for each of his own ids.
select t.conversation_id, t.message_id, t.created_at, t.is_new_conversation, t.is_duplicate
  from romashka.take_visitor_message($session, $content, $name, $email, $phone, $client_message_id, $details, $answers, $files) as t
