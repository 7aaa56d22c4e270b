//! Work that was taken comes to an end, and what was given up is seen by people.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "queues.webhook_events",
        title: "no incoming event is long overdue",
        severity: Severity::Warning,
        proves: "a lease that ended an hour ago means that nobody works on the queue: is the server running?",
        next: "start romashka's workers; they take what is overdue first",
        needs: &["public.webhook_events"],
        work: Work::Sql(
            "select pg_catalog.format('workspace %s: %s incoming events %s since %s', q.workspace_id, pg_catalog.count(*), q.status, pg_catalog.min(q.next_attempt_at))
               from public.webhook_events as q where q.status in ('pending', 'processing') and q.next_attempt_at < pg_catalog.now() - interval '1 hour'
              group by q.workspace_id, q.status",
        ),
        repair: None,
    },
    Check {
        id: "queues.webhook_logs",
        title: "no outgoing webhook is long overdue",
        severity: Severity::Warning,
        proves: "subscribers wait for it",
        next: "start romashka's workers; they take what is overdue first",
        needs: &["public.webhook_logs"],
        work: Work::Sql(
            "select pg_catalog.format('workspace %s: %s outgoing webhooks %s since %s', q.workspace_id, pg_catalog.count(*), q.status, pg_catalog.min(q.next_attempt_at))
               from public.webhook_logs as q where q.status in ('pending', 'sending') and q.next_attempt_at < pg_catalog.now() - interval '1 hour'
              group by q.workspace_id, q.status",
        ),
        repair: None,
    },
    Check {
        id: "queues.sync_jobs",
        title: "no synchronisation is long overdue",
        severity: Severity::Warning,
        proves: "another system has other data meanwhile",
        next: "start romashka's workers; they take what is overdue first",
        needs: &["public.sync_jobs"],
        work: Work::Sql(
            "select pg_catalog.format('workspace %s: %s jobs %s since %s', q.workspace_id, pg_catalog.count(*), q.status, pg_catalog.min(q.next_attempt_at))
               from public.sync_jobs as q where q.status in ('pending', 'running') and q.next_attempt_at < pg_catalog.now() - interval '1 hour'
              group by q.workspace_id, q.status",
        ),
        repair: None,
    },
    Check {
        id: "queues.dead",
        title: "nothing was given up",
        severity: Severity::Info,
        proves: "what failed too often is kept for people to look at and to replay",
        next: "look at the rows with status dead or quarantined; set them to pending to try again",
        needs: &["public.webhook_events", "public.webhook_logs", "public.sync_jobs"],
        work: Work::Sql(
            "select pg_catalog.format('workspace %s: %s incoming events %s', q.workspace_id, pg_catalog.count(*), q.status)
               from public.webhook_events as q where q.status in ('dead', 'quarantined') group by q.workspace_id, q.status
             union all
             select pg_catalog.format('workspace %s: %s outgoing webhooks dead', q.workspace_id, pg_catalog.count(*))
               from public.webhook_logs as q where q.status = 'dead' group by q.workspace_id
             union all
             select pg_catalog.format('workspace %s: %s synchronisations dead', q.workspace_id, pg_catalog.count(*))
               from public.sync_jobs as q where q.status = 'dead' group by q.workspace_id",
        ),
        repair: None,
    },
];
