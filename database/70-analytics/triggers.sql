-- Purpose: the audit of what people set up here.
do $$
declare
  name text;
begin
  foreach name in array array['scheduled_reports', 'dashboard_configs', 'sla_policies'] loop
    perform romashka.audit_table(name);
  end loop;
end $$;
