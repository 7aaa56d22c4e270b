-- Says what was decided, and ends the turn.
select romashka.finish_turn($conversation::uuid, $workspace::uuid, $lease::uuid, $message::uuid, $decision::jsonb)
