-- Records what was suggested.
select public.keep_suggestion($conversation::uuid, $message::uuid, $decision::jsonb, $workspace::uuid)
