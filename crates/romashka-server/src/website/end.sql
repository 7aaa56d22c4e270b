-- Ends a visitor's session.
select romashka.end_visitor($session)
