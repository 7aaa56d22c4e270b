-- Whether a regular job is due here.
select romashka.claim_job($job::text, make_interval(secs => $every::float8))
