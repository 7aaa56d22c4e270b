-- By which of these ids a customer is known already, the first of the list before the others.
select i.external_id from public.customer_identities as i
 where i.workspace_id = $workspace::uuid and i.channel_type = 'whatsapp' and i.external_id = any ($ids::text[])
 order by array_position($ids::text[], i.external_id) limit 1
