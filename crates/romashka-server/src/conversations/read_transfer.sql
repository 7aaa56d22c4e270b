-- One transfer.
select t.id, t.conversation_id, t.from_agent_id, t.to_agent_id, t.to_team_id, t.transfer_reason as reason, t.transfer_type as kind, t.status, t.transfer_time as created_at, t.expires_at
  from public.conversation_transfers as t where t.id = $id and t.workspace_id = $workspace
