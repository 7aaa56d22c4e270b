//! Looks after a database in use: left-over shadows, coming partitions, the audit's seal, retention, expired figures, dead
//! rows, statistics.
//!
//! Invariants: no statement waits longer than a second for a lock, what is in use is left to the next run, and the report
//! says so; each step stands by itself, and one that fails stops no other; what a workspace on legal hold has is not
//! touched; two runs never work at once; a run that is killed leaves what it had not begun to the next.

mod retention;
mod run;
mod tables;

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use run::{Maintenance, MaintenanceError};

/// What is done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Databases that a killed comparison left on the server.
    Shadows,
    /// Partitions of the months to come.
    Partitions,
    /// The audit's chain.
    Seal,
    /// What is kept no longer.
    Retention,
    /// Sessions, tokens, kept answers and figures of moments that are over.
    Expired,
    /// Backups that are kept no longer.
    Backups,
    /// Dead rows.
    Vacuum,
    /// The planner's statistics.
    Statistics,
}

impl Step {
    /// All of them, in the order in which they run.
    pub const ALL: [Step; 8] = [
        Step::Shadows,
        Step::Partitions,
        Step::Seal,
        Step::Retention,
        Step::Expired,
        Step::Backups,
        Step::Vacuum,
        Step::Statistics,
    ];

    /// Its name, part of the interface.
    pub fn name(self) -> &'static str {
        match self {
            Step::Shadows => "shadows",
            Step::Partitions => "partitions",
            Step::Seal => "seal",
            Step::Retention => "retention",
            Step::Expired => "expired",
            Step::Backups => "backups",
            Step::Vacuum => "vacuum",
            Step::Statistics => "statistics",
        }
    }

    /// What it is about.
    pub fn title(self) -> &'static str {
        match self {
            Step::Shadows => "databases that killed comparisons left behind",
            Step::Partitions => "partitions of the coming two months",
            Step::Seal => "the seal of the audit",
            Step::Retention => "what is kept no longer",
            Step::Expired => "sessions, tokens and figures that are over",
            Step::Backups => "backups that are kept no longer",
            Step::Vacuum => "dead rows",
            Step::Statistics => "the planner's statistics",
        }
    }

    /// The step of this name.
    pub fn parse(name: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.name() == name)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Something was done, or would be; some of it may have been left.
    Done,
    /// Nothing was to be done.
    Nothing,
    /// All of it was left to the next run.
    Left,
    /// It failed.
    Failed,
}

/// What was left to the next run, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// A table, a function, a database.
    pub what: String,
    /// The reason, and what to do where that helps.
    pub why: String,
}

/// What a step did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Work {
    /// What was done, a line each; with a dry run what would be.
    pub done: Vec<String>,
    /// What was left.
    pub left: Vec<Left>,
}

impl Work {
    fn did(&mut self, line: impl Into<String>) {
        self.done.push(line.into());
    }

    fn leave(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left.push(Left {
            what: what.into(),
            why: why.into(),
        });
    }

    /// Notes an amount, unless it is none.
    fn count(&mut self, amount: i64, one: &str, many: &str) {
        match amount {
            0 => {}
            1 => self.did(format!("1 {one}")),
            _ => self.did(format!("{} {many}", crate::doctor::count(amount))),
        }
    }
}

/// A step's part of the report.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Which.
    pub step: Step,
    /// How it went.
    pub outcome: Outcome,
    /// What it did.
    #[serde(flatten)]
    pub work: Work,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// How long it took.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub duration: Duration,
}

/// What a run did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The database, without secrets.
    pub target: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether nothing was changed, and the steps say what would be.
    pub dry_run: bool,
    /// Whether no step failed.
    pub succeeded: bool,
    /// Each step that was asked for.
    pub steps: Vec<StepReport>,
    /// How long all took.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub duration: Duration,
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}
