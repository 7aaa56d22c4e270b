-- Keeps a secret that is not in force yet.
select romashka.offer_second_factor($person::uuid, $factor::uuid, $secret::text)
