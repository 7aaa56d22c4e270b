-- Keeps the presence of connections that are still open.
select romashka.renew_presence($connections)
