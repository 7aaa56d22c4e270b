-- The channel of another number of the same workspace: an app has one address for all of its numbers.
select c.id from public.communication_channels as c
 where c.workspace_id = $workspace::uuid and c.type = 'whatsapp' and c.configuration ->> 'phone_number_id' = $number::text
 order by c.created_at limit 1
