//! Measures the database under a load: what its features cost, as ratios within one run.
//!
//! Invariants: compared sides alternate (A B A B), so that noise of the machine meets both; a figure is the median of
//! several runs and carries its spread; measuring happens in databases that are made for it and dropped afterwards,
//! never in one that holds anything. A job is a module under `jobs`.

mod databases;
mod drive;
mod error;
mod figures;
mod jobs;
mod processor;
mod report;
mod session;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

pub use databases::Size;
pub use error::BenchError;
pub use figures::{Figure, Spread};
pub use report::{Hot, InsertReport, InsertRow, Machine, Report, Transaction};

use crate::settings::Settings;
use databases::Databases;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// A message into an existing conversation, against a bare table.
    Insert,
}

impl Job {
    /// Every job, in the order of work.
    pub const ALL: [Job; 1] = [Job::Insert];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Job::Insert => "insert",
        }
    }

    /// The job of a name.
    pub fn parse(name: &str) -> Option<Job> {
        Job::ALL.into_iter().find(|job| job.name() == name)
    }
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How much is measured.
#[derive(Clone, Debug, Serialize)]
pub struct BenchOptions {
    /// Conversations of the smaller load, with ten messages each.
    pub conversations: u64,
    /// How many times as many the larger load has; 1 leaves it out.
    pub scale_up: u64,
    /// Articles of each load.
    pub articles: u32,
    /// Runs of each side.
    pub runs: u32,
    /// How long a run of a writing job takes; a reading one takes a quarter.
    pub duration: Duration,
    /// The jobs.
    pub jobs: Vec<Job>,
}

/// What is going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BenchEvent {
    /// A database is being made and filled.
    Loading(crate::seed::LoadEvent),
    /// A stage of so many runs began.
    Stage {
        /// What is being done.
        name: String,
        /// Its runs, 0 when not known.
        total: u64,
    },
    /// One more run of the stage is done.
    Run,
}

/// Told what is going on.
pub type Observer<'a> = &'a mut (dyn FnMut(BenchEvent) + Send);

/// Makes the databases on the server of `settings`, measures, and drops them, whatever happened.
///
/// # Errors
/// When the server refuses something; what had been made is dropped then, too.
pub async fn run(
    settings: &Settings,
    options: &BenchOptions,
    observe: Observer<'_>,
) -> Result<Report, BenchError> {
    let mut databases = Databases::new(settings);
    let measured = measure(&mut databases, options, observe).await;
    let dropped = databases.drop_all().await;
    let report = measured?;
    dropped?;
    Ok(report)
}

async fn measure(
    databases: &mut Databases,
    options: &BenchOptions,
    observe: Observer<'_>,
) -> Result<Report, BenchError> {
    let small = databases
        .load(options.conversations, options.articles, observe)
        .await?;
    let machine = Machine::inspect(&small).await?;
    let mut report = Report::new(machine, options, small.size);
    if options.jobs.contains(&Job::Insert) {
        report.insert = Some(jobs::insert::measure(&small, options, observe).await?);
    }
    Ok(report)
}
