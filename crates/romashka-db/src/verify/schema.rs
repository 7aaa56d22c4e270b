//! The catalog is what the migrations make, by definition and not by name.

use super::{Check, Severity, Work};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "schema.migrations",
        title: "every migration of this version is applied and unchanged",
        severity: Severity::Error,
        proves: "program and database belong together",
        next: "romashka migrate status, then romashka migrate",
        needs: &[],
        work: Work::Migrations,
        repair: None,
    },
    Check {
        id: "schema.drift",
        title: "every definition is the one that the migrations make",
        severity: Severity::Error,
        proves: "tables, columns, constraints, indexes, policies, functions, triggers, grants and owners, compared with a \
                 database built from the migrations",
        next: "psql -f db-functions.sql restores functions, triggers, policies and their grants; write a migration for what was changed on purpose",
        needs: &[],
        work: Work::Drift,
        repair: None,
    },
];
