-- A visitor has read everything up to a message.
select romashka.visitor_read($session, $message)
