-- The audit, newest first.
select a.id, a.user_id, a.actor_kind, a.actor_id, a.api_key_id, a.action, a.entity_type, a.entity_id, a.changes, host(a.ip_address) as ip_address,
       a.user_agent, a.chain_position, encode(a.chain_hash, 'hex') as chain_hash, a.redacted_at, a.created_at
  from public.audit_logs as a
 where a.workspace_id = $workspace
   and a.entity_type = $entity_type --? entity_type
   and a.entity_id = $entity_id --? entity_id
   and a.action = $action --? action
   and a.user_id = $user_id --? user_id
   and a.api_key_id = $api_key_id --? api_key_id
   and a.created_at >= $since --? since
   and a.created_at < $until --? until
   and (a.created_at, a.id) < ($after_time, $after_id) --? after
 order by a.created_at desc, a.id desc
 limit $row_limit
