-- Notes that the person has shown who he is again.
select romashka.confirm_session($session::uuid)
