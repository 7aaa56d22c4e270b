-- What follows a place in a workspace's ledger, up to a transaction that was settled, in the order of every reader.
select e.id, e.transaction_id::text::bigint as transaction_id, e.kind::text as kind, e.actor_kind::text as actor_kind, e.actor_id,
       e.subject_type, e.subject_id, e.conversation_id, e.occurred_at, e.recorded_at, e.payload
  from public.events as e
 where e.workspace_id = $workspace
   and (e.transaction_id, e.id) > ($after_transaction::text::xid8, $after_id)
   and e.transaction_id < $before::text::xid8
   and e.conversation_id = $conversation_id --? conversation_id
   and e.conversation_id = any ($talks) --? talks
   and (e.kind = any ($kinds) or split_part(e.kind, '.', 1) = any ($kinds)) --? kinds
 order by e.transaction_id, e.id
 limit $row_limit
