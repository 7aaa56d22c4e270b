-- Takes the presence of connections away that are closed.
select romashka.end_presence($connections)
