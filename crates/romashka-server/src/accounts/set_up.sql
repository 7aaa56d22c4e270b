-- Makes the first owner.
select romashka.set_up($token_hash::bytea, $email::text, $full_name::text, $password_hash::text)
