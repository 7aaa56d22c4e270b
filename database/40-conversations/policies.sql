-- Purpose: members read the conversations of their workspace, agents work on them, admins delete.
-- Exceptions: a view that is not shared is its owner's alone.
do $$ begin
  perform romashka.protect_table('conversations', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('messages', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('scheduled_messages', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('conversation_analytics', readers => 'viewer', inserters => null, updaters => 'agent', removers => null);
  perform romashka.protect_table('conversation_context', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('conversation_notes', readers => 'viewer', inserters => 'agent', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('conversation_transfers', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('conversation_participants', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('conversation_reads', readers => 'viewer', inserters => 'viewer', updaters => 'viewer', removers => 'viewer');
  perform romashka.protect_table('conversation_thread_keys', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('file_attachments', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('saved_views', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('presence', readers => 'viewer', inserters => null, updaters => null, removers => null);
end $$;
-- What triggers count is not for people to write: of a conversation's figures they say only what no trigger can know.
revoke update on public.conversation_analytics from authenticated, romashka_agent, romashka_admin;
grant update (ai_accuracy_score, lead_qualified, revenue_generated, follow_up_required, resolution_type, updated_at)
  on public.conversation_analytics to authenticated, romashka_agent, romashka_admin;
-- A view that is not shared is its owner's alone; one of nobody (made by a program) is everybody's.
alter policy saved_views_select on public.saved_views
  using (workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())));
alter policy saved_views_insert on public.saved_views
  with check (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())));
alter policy saved_views_update on public.saved_views
  using (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())))
  with check (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())));
alter policy saved_views_delete on public.saved_views
  using (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_shared or user_id is null or user_id = (select romashka.current_user_id())));
