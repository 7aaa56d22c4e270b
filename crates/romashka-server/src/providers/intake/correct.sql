-- Gives a message the words its writer changed it to.
select romashka.correct_message($workspace::uuid, $message::uuid, $correction::text, $content::text, $at::timestamptz)
