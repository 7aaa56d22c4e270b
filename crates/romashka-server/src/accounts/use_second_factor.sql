-- Takes the time step of a right code.
select romashka.use_second_factor($person::uuid, $factor::uuid, $step::bigint)
