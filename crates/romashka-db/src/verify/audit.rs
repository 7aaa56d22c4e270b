//! The audit's chains are unbroken: what was sealed is still there, unchanged, in its order.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "audit.chain",
        title: "every sealed row of the audit says what was sealed, and none is missing",
        severity: Severity::Error,
        proves: "a row that was edited, removed or put in breaks the chain of hashes; only a head that was exported proves the end of it",
        next: "compare with an exported head and a backup: somebody with the owner's rights has touched the audit",
        needs: &["public.verify_audit_chain(uuid, bigint, bytea)", "public.audit_seals"],
        work: Work::Sql(
            "select pg_catalog.format('workspace %s: row %s (%s) %s: %s', place.workspace_id, found.chain_position, coalesce(found.audit_id::text, 'gone'), found.problem, found.detail)
               from (select distinct s.workspace_id from public.audit_seals as s) as place
              cross join lateral public.verify_audit_chain(place.workspace_id) as found",
        ),
        repair: None,
    },
    Check {
        id: "audit.unsealed",
        title: "what was recorded is sealed within a day",
        severity: Severity::Warning,
        proves: "a row that is not sealed can be changed without a trace by who owns the database",
        next: "select public.seal_audit_logs(), regularly; romashka's workers do it",
        needs: &["public.audit_logs"],
        work: Work::Sql(
            "select pg_catalog.format('%s rows, the oldest of %s', pg_catalog.count(*), pg_catalog.min(a.created_at)) from public.audit_logs as a
              where a.chain_position is null having pg_catalog.min(a.created_at) < pg_catalog.now() - interval '1 day'",
        ),
        repair: None,
    },
];
