-- The encrypted secret of a person.
select found.factor, found.secret, found.is_confirmed from romashka.read_second_factor($person::uuid) as found
