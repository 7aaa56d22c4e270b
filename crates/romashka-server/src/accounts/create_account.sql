-- An account whose address is known to be the person's.
select romashka.create_account($email::text, $full_name::text, $password_hash::text)
