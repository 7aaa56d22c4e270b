-- The last row of the chain.
select a.chain_position, encode(a.chain_hash, 'hex') as chain_hash
  from public.audit_logs as a
 where a.workspace_id = $workspace and a.chain_position is not null
 order by a.chain_position desc
 limit 1
