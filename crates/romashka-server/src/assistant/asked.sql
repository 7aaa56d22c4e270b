-- What the customer asked since he was last answered.
select v.question, v.message_id, v.previous_question, v.language, v.intent, v.audience from public.assistant_view($conversation::uuid, $workspace::uuid) as v
