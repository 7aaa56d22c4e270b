-- Whether the ledger still has what follows a place: its oldest month is there, and its transactions are of this database.
select not exists (select from pg_catalog.pg_inherits as i join pg_catalog.pg_class as c on c.oid = i.inhrelid
                    where i.inhparent = 'public.events'::regclass and c.relname ~ '^events_[0-9]{4}_[0-9]{2}$'
                   having to_date(right(min(c.relname), 7), 'YYYY_MM') at time zone 'UTC' > $at::timestamptz)
       and $transaction::text::xid8 <= romashka.in_ledger(pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())) as is_reached
