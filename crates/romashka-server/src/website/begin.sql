-- Begins a session of a visitor of whom nothing is proven.
select romashka.begin_visitor($widget, $token_hash)
