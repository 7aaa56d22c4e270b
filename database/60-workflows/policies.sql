-- Purpose: members see automations and their runs, agents start and stop runs, admins draw workflows.
do $$ begin
  perform romashka.protect_table('workflows', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('workflow_executions', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
end $$;
