-- Purpose: the audit of what people set up here.
do $$
declare
  name text;
begin
  foreach name in array array['dashboard_configs', 'sla_policies'] loop
    perform romashka.audit_table(name);
  end loop;
  perform romashka.audit_table('scheduled_reports', '{}', array['next_run_at', 'last_sent_at']);
end $$;
