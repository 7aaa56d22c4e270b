-- The account of an address; a row of nulls when there is none.
select found.person, $email::text as email, null::text as full_name, null::text as language, found.password_hash, found.has_second_factor
  from romashka.find_account($email::text) as found
