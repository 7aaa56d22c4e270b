-- What was said with a visitor: what follows a place, oldest first, or the newest before a place, newest first.
select m.id, m.conversation_id, m.sender_type, m.author, m.content, m.html, m.created_at, m.client_message_id, m.status, m.attachments, m.quick_replies, m.sources
  from romashka.visitor_messages($session, $before_at, $before_id, $after_at, $after_id, $ids, $row_limit) as m
