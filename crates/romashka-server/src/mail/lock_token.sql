-- One process at a time asks for a mailbox's token.
select pg_advisory_xact_lock(hashtextextended('romashka mail token ' || $channel::uuid::text, 0))
