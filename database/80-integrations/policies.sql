-- Purpose: other systems are the admins' business; how far a message has come is seen by every member and changed by the queue alone.
do $$ begin
  perform romashka.protect_table('integrations', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('integration_field_mappings', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('sync_jobs', readers => 'admin', inserters => 'admin', updaters => null, removers => 'admin');
  perform romashka.protect_table('webhook_subscriptions', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
  perform romashka.protect_table('webhook_logs', readers => 'admin', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('message_delivery_tracking', readers => 'viewer', inserters => 'agent', updaters => null, removers => null);
end $$;
