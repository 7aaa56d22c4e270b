-- Whether nobody who could sign in owns a workspace yet.
select romashka.needs_setup()
