-- Purpose: agents work with customers; only admins delete one.
do $$ begin
  perform romashka.protect_table('customer_profiles', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'admin');
  perform romashka.protect_table('customer_identities', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('customer_channel_preferences', readers => 'viewer', inserters => 'agent', updaters => 'agent', removers => 'agent');
  perform romashka.protect_table('custom_attribute_definitions', readers => 'viewer', inserters => 'admin', updaters => 'admin', removers => 'admin');
end $$;
