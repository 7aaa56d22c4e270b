-- A customer has a new user id; nothing for a customer that is not known.
select romashka.add_identities($workspace::uuid, i.customer_id, 'whatsapp', array[$now::text])
  from public.customer_identities as i
 where i.workspace_id = $workspace::uuid and i.channel_type = 'whatsapp' and i.external_id = $previous::text
