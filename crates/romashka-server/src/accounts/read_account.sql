-- The account of a person.
select $person::uuid as person, found.email, found.full_name, found.language, found.password_hash, found.has_second_factor
  from romashka.read_account($person::uuid) as found
