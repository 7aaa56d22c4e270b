-- Gives uploaded files that belong to no message yet to a message.
update public.file_attachments as f set conversation_id = $conversation, message_id = $message
 where f.id = any ($files) and f.workspace_id = $workspace and f.message_id is null and (f.conversation_id is null or f.conversation_id = $conversation)
