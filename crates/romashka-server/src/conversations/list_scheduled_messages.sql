-- Answers of a conversation that are to be sent later, next first.
select s.id, s.conversation_id, s.sender_id, s.content, s.message_type as kind, s.metadata, s.send_at, s.status, s.message_id, s.error_message, s.created_at
  from public.scheduled_messages as s
 where s.workspace_id = $workspace
   and s.conversation_id = $conversation --? conversation
   and s.id = $id --? id
   and (s.send_at, s.id) > ($after_time, $after_id) --? after
 order by s.send_at, s.id
 limit $row_limit
