-- Takes a person out of everything; what was touched.
select public.erase_customer($customer::uuid, $reason::text, $workspace::uuid)
