-- Answers in a conversation, later.
select public.schedule_message($conversation::uuid, $content::text, $send_at::timestamptz, $kind::text, $metadata::jsonb, $workspace::uuid)
