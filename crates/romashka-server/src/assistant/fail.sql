-- Gives a turn back that could not be finished.
select romashka.fail_turn($conversation::uuid, $workspace::uuid, $lease::uuid, $message::text)
