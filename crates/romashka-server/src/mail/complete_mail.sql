-- Says that a mail was handed over.
select romashka.complete_mail($mail::uuid, $lease::uuid)
