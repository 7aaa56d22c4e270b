-- Purpose: the queues out: deliveries to customers, webhooks to subscribers, exchange with other systems.
-- Invariants: an item is held by one worker at a time and never before an earlier one of its key; a lost worker's items come back; nothing is tried for ever.
-- Lock risk: row locks on queued items, skipped by whoever claims.
do $$ begin
  perform romashka.ensure_partitions('webhook_logs', current_date, current_date + 62);
end $$;
