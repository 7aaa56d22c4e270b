-- What a canned response may say of a conversation, its customer, who asks and the workspace. No row where what was named is not there.
select p.name as customer_name, p.email as customer_email, p.phone as customer_phone, p.company,
       c.number::text as conversation_number, c.subject::text as subject, a.full_name as agent_name, w.name as workspace_name
  from public.workspaces as w
  left join public.conversations as c on c.workspace_id = w.id and c.id = $conversation_id
  left join public.customer_profiles as p on p.workspace_id = w.id and p.id = coalesce(c.customer_id, $customer_id)
  left join public.profiles as a on a.id = romashka.current_user_id()
 where w.id = $workspace
   and ($conversation_id::uuid is null or c.id is not null)
   and ($customer_id::uuid is null or p.id is not null)
