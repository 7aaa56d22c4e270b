-- Everything that is kept about a person.
select public.export_customer($customer_id::uuid, $workspace::uuid)
