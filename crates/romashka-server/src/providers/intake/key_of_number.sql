-- A key of the conversation with this number, if the writer is its customer: the number in a subject can be guessed.
select t.thread_key
  from public.conversations as c
  join public.customer_identities as i on i.customer_id = c.customer_id and i.workspace_id = c.workspace_id and i.channel_type = 'email' and i.external_id = $customer::text
  join public.conversation_thread_keys as t on t.conversation_id = c.id and t.workspace_id = c.workspace_id and t.channel_type = 'email'
   and t.channel_id = coalesce($channel::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
 where c.workspace_id = $workspace::uuid and c.number = $number::bigint
 order by t.created_at, t.id limit 1
