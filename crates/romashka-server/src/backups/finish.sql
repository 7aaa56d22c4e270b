-- Notes how a backup ended, and when the next one is due.
select romashka.finish_backup($begun::timestamptz, $failure::text, $next_run::timestamptz)
