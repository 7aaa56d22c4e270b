-- Whether a backup is due here.
select romashka.claim_backup($next_run::timestamptz, make_interval(secs => $lease::float8))
