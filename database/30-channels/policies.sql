-- Purpose: members see channels, agents use templates and canned responses, admins set up. What came in raw is for admins; only the server stores it. Who wants no text messages everybody sees and the server alone writes.
-- Exceptions: a private canned response is its author's alone.
do $$ begin
  perform romashka.protect_table('communication_channels', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('message_templates', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('channel_alerts', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('sms_opt_outs', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('channel_routing_rules', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('widget_configurations', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('widget_identity_secrets', readers => 'admin', inserters => 'admin', updaters => null, removers => 'admin');
  perform romashka.protect_table('webhook_events', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('canned_responses', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
end $$;

alter policy canned_responses_select on public.canned_responses
  using (workspace_id = any ((select romashka.workspaces_of_request('viewer'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_insert on public.canned_responses
  with check (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_update on public.canned_responses
  using (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())))
  with check (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
alter policy canned_responses_delete on public.canned_responses
  using (workspace_id = any ((select romashka.workspaces_of_request('agent'))::uuid[]) and (is_public or created_by = (select romashka.current_user_id())));
