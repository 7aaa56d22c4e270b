-- Says by which ids an answer will refer to the conversation.
select public.remember_thread_keys($conversation::uuid, $channel::uuid, $keys::text[], $workspace::uuid)
