-- Purpose: the ledger is read by members; nobody writes it but triggers.
do $$ begin
  perform romashka.protect_table('events', readers => 'viewer', inserters => null, updaters => null, removers => null);
  perform romashka.protect_table('event_cursors', readers => 'admin', inserters => 'admin', updaters => 'admin', removers => 'admin');
end $$;
