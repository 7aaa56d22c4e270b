-- Answers in a conversation.
select public.send_message($conversation::uuid, $content::text, 'agent', $kind::text, $metadata::jsonb, client_message_id => $client_message_id::text, workspace => $workspace::uuid,
  by_channel_type => $channel_type::text, by_channel => $channel_id::uuid)
