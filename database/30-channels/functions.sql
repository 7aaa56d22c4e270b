-- Purpose: channels' widgets, canned responses, and the queue of what came in.
-- Invariants: what arrives twice is stored once; an event is processed only when all its items are; one worker at a time, in the order of its key.
-- Lock risk: row locks on queued events, skipped by whoever claims.
do $$ begin
  perform romashka.ensure_partitions('webhook_events', current_date, current_date + 62);
end $$;
