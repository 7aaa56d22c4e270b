-- Keeps further ids under which a customer writes.
select romashka.add_identities($workspace::uuid, $customer::uuid, 'whatsapp', $ids::text[])
