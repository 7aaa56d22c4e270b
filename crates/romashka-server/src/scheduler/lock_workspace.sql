-- Whether nobody else does this job for this workspace until the transaction ends.
select pg_try_advisory_xact_lock(hashtextextended($job::text || ' ' || $workspace::uuid::text, 0))
