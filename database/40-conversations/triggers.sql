-- Purpose: the audit of people, customers and what belongs to conversations. Conversations and messages themselves are audited in 90-operations/verbs.sql.
do $$
declare
  signature text;
begin
  foreach signature in array array['customer_profiles', 'customer_identities', 'customer_channel_preferences', 'custom_attribute_definitions',
    'conversation_notes', 'conversation_transfers', 'conversation_participants', 'file_attachments', 'saved_views', 'workspace_members', 'workspace_invitations', 'teams', 'team_members', 'workspaces', 'profiles'] loop
    perform romashka.audit_table(signature, case signature when 'workspace_invitations' then array['token_hash'] else '{}'::text[] end,
      counters => case signature when 'customer_profiles' then array['total_conversations', 'avg_satisfaction', 'rating_sum', 'rating_count', 'last_interaction'] end);
  end loop;
end $$;
