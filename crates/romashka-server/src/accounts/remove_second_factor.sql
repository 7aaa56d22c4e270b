-- Takes the second factor away.
select romashka.remove_second_factor($person::uuid)
