//! Examines the server around the database: settings, extensions, storage, indexes, sessions, slow statements.
//!
//! Invariants: nothing is ever changed, every check reads in a transaction that may not write; a view, an extension or a right
//! that is missing leaves a check out and says so, it never stops the others; no literal of anybody's statement is repeated;
//! an index that the migrations made is never proposed for removal.

mod activity;
mod bloat;
mod extensions;
mod figures;
mod indexes;
mod locks;
mod machine;
mod platform;
pub mod recommendations;
mod run;
mod server;
mod settings;
mod slots;
mod statement_text;
mod statements;
mod storage;
mod survey;
mod tuning;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use activity::Connections;
pub use figures::{count, duration, parse_size, size};
pub use indexes::IndexSize;
pub use machine::{Resources, Source};
pub use platform::Platform;
pub use run::{Doctor, DoctorError};
pub use statements::{SlowStatement, Statements};
pub use storage::TableSize;
pub use tuning::{Applied, FIRST_LINE, Suggestion, Tuning};

use recommendations::Topic;

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Version, memory, the role's sight.
    Server,
    /// Configuration against recommendations.
    Settings,
    /// Needed, useful and outdated ones.
    Extensions,
    /// Dead rows, statistics, wraparound, bloat.
    Storage,
    /// Invalid, duplicate, unused and missing ones.
    Indexes,
    /// Sessions, locks, replication slots.
    Activity,
    /// What takes the time.
    Statements,
}

impl Group {
    /// All of them, in the order in which they run.
    pub const ALL: [Group; 7] = [
        Group::Server,
        Group::Settings,
        Group::Extensions,
        Group::Storage,
        Group::Indexes,
        Group::Activity,
        Group::Statements,
    ];

    /// Its name, also the first part of its checks' ids.
    pub fn name(self) -> &'static str {
        match self {
            Group::Server => "server",
            Group::Settings => "settings",
            Group::Extensions => "extensions",
            Group::Storage => "storage",
            Group::Indexes => "indexes",
            Group::Activity => "activity",
            Group::Statements => "statements",
        }
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Server => "Server",
            Group::Settings => "Settings",
            Group::Extensions => "Extensions",
            Group::Storage => "Storage",
            Group::Indexes => "Indexes",
            Group::Activity => "Activity",
            Group::Statements => "Statements",
        }
    }

    /// The group of this name.
    pub fn parse(name: &str) -> Option<Group> {
        Group::ALL.into_iter().find(|group| group.name() == name)
    }

    /// Its checks.
    pub fn checks(self) -> impl Iterator<Item = &'static Check> {
        CHECKS.iter().filter(move |check| check.group == self)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a finding means. Ordered from harmless to harmful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// It could be better.
    Advice,
    /// It hurts, or will.
    Warning,
    /// Data or service are in danger.
    Error,
}

/// How a finding is mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mend {
    /// The statement, ready for psql; none where no statement can do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// What to do besides the statement, or instead of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Whether the change is in force only after the server was started anew.
    pub needs_restart: bool,
}

impl Mend {
    fn statement(statement: impl Into<String>) -> Mend {
        Mend {
            statement: Some(statement.into()),
            advice: None,
            needs_restart: false,
        }
    }

    fn advice(advice: impl Into<String>) -> Mend {
        Mend {
            statement: None,
            advice: Some(advice.into()),
            needs_restart: false,
        }
    }

    fn but(self, advice: impl Into<String>) -> Mend {
        Mend {
            advice: Some(advice.into()),
            ..self
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `group.name`, part of the interface.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: a setting, a table, an index, a process.
    pub subject: String,
    /// What was found, with figures and units.
    pub found: String,
    /// Why it matters.
    pub why: &'static str,
    /// What mends it.
    #[serde(flatten)]
    pub mend: Mend,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug)]
enum Work {
    Version,
    Machine,
    Sight,
    Checksums,
    PendingRestart,
    ConfigurationFiles,
    HugePages,
    Recommendations(Topic),
    NeededExtensions,
    OutdatedExtensions,
    TableSizes,
    DeadRows,
    StaleStatistics,
    AutovacuumOff,
    Wraparound,
    TableBloat,
    IndexSizes,
    InvalidIndexes,
    DuplicateIndexes,
    UnusedIndexes,
    Scans,
    ForeignKeys,
    IndexBloat,
    Connections,
    LongTransactions,
    IdleInTransaction,
    Blocked,
    Slots,
    Prepared,
    Checkpoints,
    Cache,
    TemporaryFiles,
    StatementStatistics,
    SlowStatements,
}

/// One thing that is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// `group.name`, part of the interface.
    pub id: &'static str,
    /// Its group.
    pub group: Group,
    /// What holds when nothing is found.
    pub title: &'static str,
    work: Work,
}

const fn check(id: &'static str, group: Group, title: &'static str, work: Work) -> Check {
    Check {
        id,
        group,
        title,
        work,
    }
}

/// Every check, in the order in which they run.
#[rustfmt::skip]
const CHECKS: &[Check] = &[
    check("server.version", Group::Server, "the version of PostgreSQL is maintained", Work::Version),
    check("server.machine", Group::Server, "memory and processors of the server are known", Work::Machine),
    check("server.sight", Group::Server, "the role sees what other sessions do", Work::Sight),
    check("server.checksums", Group::Server, "damaged pages are noticed", Work::Checksums),
    check("settings.pending_restart", Group::Settings, "every setting is in force", Work::PendingRestart),
    check("settings.files", Group::Settings, "the configuration files are read without an error", Work::ConfigurationFiles),
    check("settings.durability", Group::Settings, "what was committed survives a crash", Work::Recommendations(Topic::Durability)),
    check("settings.memory", Group::Settings, "memory is used as this machine allows", Work::Recommendations(Topic::Memory)),
    check("settings.connections", Group::Settings, "sessions cannot pile up or stay open for nothing", Work::Recommendations(Topic::Connections)),
    check("settings.wal", Group::Settings, "the write-ahead log is sized for steady writing", Work::Recommendations(Topic::Wal)),
    check("settings.autovacuum", Group::Settings, "autovacuum runs and keeps up", Work::Recommendations(Topic::Autovacuum)),
    check("settings.planner", Group::Settings, "the planner knows the disks and the load", Work::Recommendations(Topic::Planner)),
    check("settings.monitoring", Group::Settings, "the server tells what it does", Work::Recommendations(Topic::Monitoring)),
    check("settings.large_pages", Group::Settings, "shared memory lies in huge pages where that pays", Work::HugePages),
    check("extensions.available", Group::Extensions, "the extensions are there", Work::NeededExtensions),
    check("extensions.outdated", Group::Extensions, "extensions are of the server's version", Work::OutdatedExtensions),
    check("storage.tables", Group::Storage, "sizes of tables are known", Work::TableSizes),
    check("storage.dead_rows", Group::Storage, "dead rows are cleaned away in time", Work::DeadRows),
    check("storage.statistics", Group::Storage, "the planner's statistics are fresh", Work::StaleStatistics),
    check("storage.autovacuum_off", Group::Storage, "no table is left out of autovacuum", Work::AutovacuumOff),
    check("storage.wraparound", Group::Storage, "old transactions are frozen in time", Work::Wraparound),
    check("storage.bloat", Group::Storage, "tables hold little empty space", Work::TableBloat),
    check("indexes.sizes", Group::Indexes, "sizes of indexes are known", Work::IndexSizes),
    check("indexes.invalid", Group::Indexes, "every index is complete and in use", Work::InvalidIndexes),
    check("indexes.duplicate", Group::Indexes, "no index repeats another one", Work::DuplicateIndexes),
    check("indexes.unused", Group::Indexes, "every index is read", Work::UnusedIndexes),
    check("indexes.scans", Group::Indexes, "no large table is read from end to end again and again", Work::Scans),
    check("indexes.foreign_keys", Group::Indexes, "every foreign key has an index", Work::ForeignKeys),
    check("indexes.bloat", Group::Indexes, "indexes hold little empty space", Work::IndexBloat),
    check("activity.connections", Group::Activity, "connections are left", Work::Connections),
    check("activity.long_transactions", Group::Activity, "no transaction runs for long", Work::LongTransactions),
    check("activity.idle_in_transaction", Group::Activity, "no session sleeps within a transaction", Work::IdleInTransaction),
    check("activity.blocked", Group::Activity, "nobody waits for a lock", Work::Blocked),
    check("activity.slots", Group::Activity, "no replication slot holds back the log", Work::Slots),
    check("activity.prepared", Group::Activity, "no prepared transaction was forgotten", Work::Prepared),
    check("activity.checkpoints", Group::Activity, "checkpoints come by the clock", Work::Checkpoints),
    check("activity.cache", Group::Activity, "what is read is in memory", Work::Cache),
    check("activity.temporary_files", Group::Activity, "sorts fit into memory", Work::TemporaryFiles),
    check("statements.statistics", Group::Statements, "statements are counted", Work::StatementStatistics),
    check("statements.slow", Group::Statements, "no frequent statement is slow", Work::SlowStatements),
];

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing was found.
    Sound,
    /// Something was found; the findings say how bad it is.
    Found,
    /// It could not be made here.
    Skipped,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// The check's id.
    pub id: &'static str,
    /// What holds when nothing is found.
    pub title: &'static str,
    /// Its group.
    pub group: Group,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
}

impl CheckResult {
    /// The worst of its findings.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// How many findings of each severity there are, and how many checks found nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Checks that found nothing.
    pub sound: usize,
    /// Checks that could not be made.
    pub skipped: usize,
    /// Findings that endanger data or service.
    pub errors: usize,
    /// Findings that hurt, or will.
    pub warnings: usize,
    /// Findings that could be better.
    pub advice: usize,
    /// Findings that are good to know.
    pub info: usize,
}

/// The result of an examination.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The database, without secrets.
    pub target: String,
    /// The server's version.
    pub server_version: String,
    /// The role that looked.
    pub role: String,
    /// Who runs the server.
    pub platform: Platform,
    /// Memory and processors of the server, and how they were learned.
    pub resources: Resources,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
    /// Whether nothing above advice was found.
    pub healthy: bool,
    /// The numbers.
    pub summary: Summary,
    /// Every check that was asked for, in order.
    pub checks: Vec<CheckResult>,
    /// The largest tables, with their partitions; none when they were not asked for.
    pub tables: Vec<TableSize>,
    /// The largest indexes, with their partitions.
    pub indexes: Vec<IndexSize>,
    /// The sessions of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<Connections>,
    /// The statements that took the most time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statements: Option<Statements>,
}

impl Report {
    /// The results of one group.
    pub fn group(&self, group: Group) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(move |check| check.group == group)
    }

    /// All findings.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.checks.iter().flat_map(|check| &check.findings)
    }

    /// The findings with this id.
    pub fn of(&self, id: &str) -> Vec<&Finding> {
        self.findings().filter(|finding| finding.id == id).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_begin_with_their_group() {
        let mut seen = BTreeSet::new();
        for check in CHECKS {
            assert!(seen.insert(check.id), "{} appears twice", check.id);
            assert_eq!(
                check.id.split_once('.').map(|parts| parts.0),
                Some(check.group.name())
            );
        }
        for group in Group::ALL {
            assert!(group.checks().count() > 0, "{group} has no check");
            assert_eq!(Group::parse(group.name()), Some(group));
        }
    }
}
