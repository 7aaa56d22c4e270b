//! Proves that a database holds what its migrations promise.
//!
//! Invariants: a check reads in a transaction that may not write, and one that could not run counts as failed, never as
//! passed; only a check whose table an older version does not have is skipped, and then the drift check says so. A repair
//! only recomputes what follows from other rows, in one transaction, and is believed after a second run alone.

mod audit;
mod counters;
mod environment;
mod indexes;
mod junit;
mod ledger;
mod orphans;
mod queues;
mod rollups;
mod run;
mod schema;
mod security;

pub use junit::xml_text;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use run::{Repaired, Verifier, VerifyError};

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Server, extensions, locale.
    Environment,
    /// Migrations and drift.
    Schema,
    /// Row security and grants.
    Security,
    /// Indexes and constraints.
    Indexes,
    /// References that lead nowhere.
    Orphans,
    /// Counters against a recount, and the load of agents.
    Counters,
    /// The ledger and its readers.
    Ledger,
    /// The audit's chain.
    Audit,
    /// Daily figures against the rows they are made of.
    Rollups,
    /// Work that waits, or has been forgotten.
    Queues,
}

impl Group {
    /// All of them, in the order in which they run.
    pub const ALL: [Group; 10] = [
        Group::Environment,
        Group::Schema,
        Group::Security,
        Group::Indexes,
        Group::Orphans,
        Group::Counters,
        Group::Ledger,
        Group::Audit,
        Group::Rollups,
        Group::Queues,
    ];

    /// Its name, also the first part of its checks' ids.
    pub fn name(self) -> &'static str {
        match self {
            Group::Environment => "environment",
            Group::Schema => "schema",
            Group::Security => "security",
            Group::Indexes => "indexes",
            Group::Orphans => "orphans",
            Group::Counters => "counters",
            Group::Ledger => "ledger",
            Group::Audit => "audit",
            Group::Rollups => "rollups",
            Group::Queues => "queues",
        }
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Environment => "Environment",
            Group::Schema => "Schema",
            Group::Security => "Security",
            Group::Indexes => "Indexes and constraints",
            Group::Orphans => "Orphans",
            Group::Counters => "Counters",
            Group::Ledger => "Ledger",
            Group::Audit => "Audit",
            Group::Rollups => "Roll-ups",
            Group::Queues => "Queues",
        }
    }

    /// The group of this name.
    pub fn parse(name: &str) -> Option<Group> {
        Group::ALL.into_iter().find(|group| group.name() == name)
    }

    /// Its checks.
    pub fn checks(self) -> &'static [Check] {
        match self {
            Group::Environment => environment::CHECKS,
            Group::Schema => schema::CHECKS,
            Group::Security => security::CHECKS,
            Group::Indexes => indexes::CHECKS,
            Group::Orphans => orphans::CHECKS,
            Group::Counters => counters::CHECKS,
            Group::Ledger => ledger::CHECKS,
            Group::Audit => audit::CHECKS,
            Group::Rollups => rollups::CHECKS,
            Group::Queues => queues::CHECKS,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a finding of a check means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A promise does not hold: verification fails.
    Error,
    /// Nothing is broken yet, somebody should look.
    Warning,
    /// Good to know.
    Info,
}

/// How a check finds faults.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// A query with one text column and one row a fault. `{extensions}` stands for the schema of pg_trgm.
    Sql(&'static str),
    /// The migrations that are recorded against those of the program.
    Migrations,
    /// The catalog against that of a shadow database.
    Drift,
    /// Every foreign key of the catalog, checked row by row.
    References,
}

/// One thing that is proven.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// `group.name`, part of the interface.
    pub id: &'static str,
    /// What holds when it passes.
    pub title: &'static str,
    /// What a finding means.
    pub severity: Severity,
    /// Why it matters.
    pub proves: &'static str,
    /// What to do about a finding.
    pub next: &'static str,
    /// Tables, functions (with their argument types) and `extension NAME` without which it is skipped.
    pub needs: &'static [&'static str],
    /// How it looks.
    pub work: Work,
    /// Statements that recompute what was found wrong, from rows that are right.
    pub repair: Option<&'static str>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not hold, or could not be found out.
    Failed,
    /// Somebody should look.
    Warned,
    /// Good to know.
    Noted,
    /// The database does not have what it is about.
    Skipped,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// The check's id.
    pub id: &'static str,
    /// What holds when it passes.
    pub title: &'static str,
    /// Its group.
    pub group: Group,
    /// How it ended.
    pub outcome: Outcome,
    /// How many faults there are.
    pub finding_count: u64,
    /// The first of them in words.
    pub findings: Vec<String>,
    /// Why it matters.
    pub proves: &'static str,
    /// What to do, for one that did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether `--fix` can mend it.
    pub repairable: bool,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// How many checks ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Hold.
    pub passed: usize,
    /// Do not hold.
    pub failed: usize,
    /// Found something to look at.
    pub warned: usize,
    /// Found something good to know.
    pub noted: usize,
    /// Were about something that is not there.
    pub skipped: usize,
}

/// The result of a verification.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The database, without secrets.
    pub target: String,
    /// The server's version.
    pub server_version: String,
    /// The role that looked.
    pub role: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// Whether no check failed.
    pub passed: bool,
    /// The numbers.
    pub summary: Summary,
    /// Every check that was asked for, in order.
    pub checks: Vec<CheckResult>,
}

impl Report {
    /// The results of one group.
    pub fn group(&self, group: Group) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(move |check| check.group == group)
    }

    /// The result of one check.
    pub fn check(&self, id: &str) -> Option<&CheckResult> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The ids of the checks that failed.
    pub fn failed(&self) -> Vec<&'static str> {
        self.checks
            .iter()
            .filter(|check| check.outcome == Outcome::Failed)
            .map(|check| check.id)
            .collect()
    }

    /// The report in JUnit's form, which build servers read.
    pub fn junit(&self) -> String {
        junit::document(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_begin_with_their_group() {
        let mut seen = BTreeSet::new();
        for group in Group::ALL {
            assert!(!group.checks().is_empty(), "{group} has no check");
            for check in group.checks() {
                assert!(seen.insert(check.id), "{} appears twice", check.id);
                assert_eq!(
                    check.id.split_once('.').map(|parts| parts.0),
                    Some(group.name())
                );
                assert!(
                    !check.next.is_empty() && !check.proves.is_empty(),
                    "{}",
                    check.id
                );
            }
            assert_eq!(Group::parse(group.name()), Some(group));
        }
    }
}
