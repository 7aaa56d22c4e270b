-- What happened with a customer, newest first: the ledger of his conversations and of himself.
select e.id, e.kind, e.actor_kind, e.actor_id, e.subject_type, e.subject_id, e.conversation_id, e.occurred_at, e.payload
  from public.events as e
 where e.workspace_id = $workspace
   and (e.subject_id = $customer and e.subject_type = 'customer'
     or e.conversation_id = any (array(select c.id from public.conversations as c where c.customer_id = $customer and c.workspace_id = $workspace order by c.created_at desc limit 200)))
   and (e.occurred_at, e.id) < ($after_time, $after_event) --? after
 order by e.occurred_at desc, e.id desc
 limit $row_limit
