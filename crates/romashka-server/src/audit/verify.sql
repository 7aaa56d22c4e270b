-- What is wrong with the chain, the first of it.
select v.problem, v.chain_position, v.audit_id, v.detail
  from public.verify_audit_chain($workspace::uuid, $known_position::bigint, $known_hash::bytea) as v
 limit 100
