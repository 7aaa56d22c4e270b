-- Answers in a conversation.
select public.send_message($conversation::uuid, $content::text, 'agent', $kind::text, $metadata::jsonb, client_message_id => $client_message_id::text, workspace => $workspace::uuid)
