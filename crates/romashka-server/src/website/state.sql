-- How a visitor's talk stands.
select romashka.visitor_state($session)
