-- The newest seal of each workspace.
select distinct on (s.workspace_id) pg_catalog.format('%s %s %s', s.workspace_id, s.chain_position, pg_catalog.encode(s.chain_hash, 'hex'))
  from public.audit_seals as s
 where s.kind = 'head'
 order by s.workspace_id, s.chain_position desc
