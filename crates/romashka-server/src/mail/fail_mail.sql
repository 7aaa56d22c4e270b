-- Says that it was not.
select romashka.fail_mail($mail::uuid, $lease::uuid, $message::text, $permanent::boolean)
