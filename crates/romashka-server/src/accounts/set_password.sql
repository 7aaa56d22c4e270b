-- Keeps the hash of a new password.
select romashka.set_password($person::uuid, $password_hash::text)
