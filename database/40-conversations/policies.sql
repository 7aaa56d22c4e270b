-- Purpose: members read the conversations of their workspace, agents work on them, admins delete.
do $$ begin
  perform romashka.protect_table('conversations', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('messages', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('conversation_analytics', readers => 'viewer', inserters => null, updaters => 'agent', removers => null);
  perform romashka.protect_table('conversation_context', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('conversation_notes', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('conversation_transfers', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('conversation_participants', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('conversation_reads', readers => 'viewer', inserters => 'viewer', updaters => 'viewer', removers => 'viewer');
  perform romashka.protect_table('conversation_thread_keys', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('file_attachments', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('saved_views', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  -- What triggers keep is not for people to set.
  perform romashka.guard_columns('conversations', array['number', 'last_message_at', 'last_message_id', 'last_message', 'message_count', 'waiting_since', 'first_response_at',
    'queued_at', 'resolved_at', 'closed_at', 'resolution_time_seconds', 'reopen_count', 'merged_into_id', 'merged_at', 'satisfaction_score', 'rated_at']);
  perform romashka.guard_columns('messages', array['conversation_id', 'sender_type', 'sender_id', 'external_message_id', 'is_quiet']);
  perform romashka.guard_columns('conversation_analytics', array['conversation_id', 'started_at', 'first_response_at', 'resolved_at', 'total_duration_seconds', 'first_response_seconds',
    'first_response_business_seconds', 'resolution_business_seconds', 'total_messages', 'customer_messages', 'ai_messages', 'agent_messages', 'resolved_by', 'resolved_by_id',
    'resolution_type', 'handoff_count', 'agent_switches', 'customer_satisfaction']);
end $$;
