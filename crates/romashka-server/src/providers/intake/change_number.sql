-- A customer has a new number.
select romashka.change_number($workspace::uuid, $customer::uuid, 'whatsapp', $old::text, $new::text)
