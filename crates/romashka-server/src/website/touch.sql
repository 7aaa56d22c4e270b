-- Notes that visitors with a stream are there.
select romashka.touch_visitors($sessions)
