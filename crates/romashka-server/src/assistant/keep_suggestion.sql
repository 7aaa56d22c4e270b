-- Records what was suggested.
select romashka.keep_suggestion($conversation::uuid, $message::uuid, $decision::jsonb, $member::uuid, $workspace::uuid)
