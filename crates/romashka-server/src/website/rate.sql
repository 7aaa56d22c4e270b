-- What a visitor thinks of his talk.
select romashka.visitor_rate($session, $stars, $comment)
