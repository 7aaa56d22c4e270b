//! The ledger has an event for everything it covers, and its readers see all of it.
//!
//! What it covers begins with its oldest monthly partition: retention drops partitions, so that older rows have lost
//! their events rightly.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "ledger.conversations",
        title: "every conversation has its event of creation",
        severity: Severity::Error,
        proves: "reports, webhooks and workflows are made from the ledger: what is not in it did not happen for them",
        next: "find out who wrote with triggers off; the row itself is right",
        needs: &["public.conversations", "public.events"],
        work: Work::Sql(
            "select pg_catalog.format('conversation #%s (%s) of %s', c.number, c.id, c.created_at)
               from public.conversations as c
              where c.created_at >= (select pg_catalog.min(pg_catalog.to_date(pg_catalog.right(p.relname, 7), 'YYYY_MM')) from pg_catalog.pg_inherits as i join pg_catalog.pg_class as p on p.oid = i.inhrelid
                                      where i.inhparent = 'public.events'::pg_catalog.regclass and p.relname ~ '_\\d{4}_\\d{2}$')
                and not exists (select from public.events as e where e.conversation_id = c.id and e.workspace_id = c.workspace_id
                                   and e.kind = 'conversation.created' and e.subject_type <> 'message')",
        ),
        repair: None,
    },
    Check {
        id: "ledger.messages",
        title: "every message has its event of creation",
        severity: Severity::Error,
        proves: "what a customer wrote reaches every reader of the ledger",
        next: "find out who wrote with triggers off; the row itself is right",
        needs: &["public.messages", "public.events"],
        work: Work::Sql(
            "select pg_catalog.format('message %s of %s in conversation %s', m.id, m.created_at, m.conversation_id)
               from public.messages as m
              where m.created_at >= (select pg_catalog.min(pg_catalog.to_date(pg_catalog.right(p.relname, 7), 'YYYY_MM')) from pg_catalog.pg_inherits as i join pg_catalog.pg_class as p on p.oid = i.inhrelid
                                      where i.inhparent = 'public.events'::pg_catalog.regclass and p.relname ~ '_\\d{4}_\\d{2}$')
                and not exists (select from public.events as e where e.subject_id = m.id and e.workspace_id = m.workspace_id
                                   and e.subject_type = 'message' and e.kind = 'message.created')",
        ),
        repair: None,
    },
    Check {
        id: "ledger.transactions",
        title: "no event is from a transaction that has not happened here",
        severity: Severity::Error,
        proves: "readers wait until a transaction is over; after a restore into a new server old numbers can lie in its future, and readers would wait for them",
        next: "select romashka.continue_ledger()",
        needs: &["public.events", "romashka.continue_ledger()"],
        work: Work::Sql(
            "select pg_catalog.format('event %s has transaction %s, the server is at %s', e.id, e.transaction_id, romashka.in_ledger(pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())))
               from public.events as e where e.transaction_id >= romashka.in_ledger(pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()))",
        ),
        repair: Some("select romashka.continue_ledger()"),
    },
    Check {
        id: "ledger.cursors",
        title: "no reader is ahead of the ledger",
        severity: Severity::Error,
        proves: "a reader that stands beyond the last event misses the next ones",
        next: "set the reader back: update public.event_cursors set transaction_id = '0', event_id = 0 where reader = …; it reads everything again",
        needs: &["public.events", "public.event_cursors"],
        work: Work::Sql(
            "select pg_catalog.format('reader %s of workspace %s is at transaction %s, event %s; the last event is %s, %s', c.reader, c.workspace_id,
                    c.transaction_id, c.event_id, coalesce(latest.transaction_id::text, 'none'), coalesce(latest.id::text, 'none'))
               from public.event_cursors as c
               left join lateral (select e.transaction_id, e.id from public.events as e where e.workspace_id = c.workspace_id
                                   order by e.transaction_id desc, e.id desc limit 1) as latest on true
              where c.transaction_id >= romashka.in_ledger(pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()))
                 or (latest.id is not null and (c.transaction_id, c.event_id) > (latest.transaction_id, latest.id))",
        ),
        repair: None,
    },
];
