-- A visitor types, or does not any more.
select romashka.visitor_typing($session, $typing)
