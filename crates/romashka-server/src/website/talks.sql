-- The talks of a visitor.
select array(select c.id from romashka.visitor_conversations($session) as c)
