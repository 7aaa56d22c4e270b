-- Shows our reaction on the message it is to.
select romashka.note_reaction($workspace::uuid, $message::uuid, 'agent', $emoji::text, $at::timestamptz)
