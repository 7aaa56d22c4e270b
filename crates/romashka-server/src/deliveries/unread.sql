-- What a mail of unread answers says; null when none is to be sent now.
select romashka.compose_unread_mail($delivery::uuid, $lease::uuid, $workspace::uuid)
