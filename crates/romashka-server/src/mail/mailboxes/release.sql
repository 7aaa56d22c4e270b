-- Gives a mailbox back.
select romashka.release_mailbox($channel::uuid, $lease::uuid, $message::text)
