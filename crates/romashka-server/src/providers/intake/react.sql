-- Shows a reaction on its message.
select romashka.note_reaction($workspace::uuid, $message::uuid, $reactor::text, $emoji::text, $at::timestamptz)
