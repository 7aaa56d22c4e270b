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
end $$;
