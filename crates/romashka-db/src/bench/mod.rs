//! Measures the database under a load: what its features cost, as ratios within one run.
//!
//! Invariants: compared sides alternate (A B A B), so that noise of the machine meets both; a figure is the median of
//! several runs and carries its spread; measuring happens in databases that are made for it and dropped afterwards,
//! never in one that holds anything. A job is a module under `jobs`.

mod databases;
mod drive;
mod error;
mod figures;
mod goals;
mod jobs;
mod page;
pub mod plot;
mod processor;
mod report;
mod session;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

pub use databases::{Databases, Loaded, Size};
pub use drive::{Client, Sample, drive};
pub use error::BenchError;
pub use figures::{Figure, Spread, ratio};
pub use goals::{DURABLE_SHARE, GROWTH, Goal, POLICIES, RELAXED_SHARE};
pub use page::{HEAD, grouped, spread, time};
pub use processor::{used, used_by_program};
pub use report::{
    Hot, InsertReport, InsertRow, Load, Machine, Measurement, Part, PartsReport, Path, Report,
    Side, Transaction,
};
pub use session::session;

use crate::settings::Settings;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Pages of the inbox.
    Inbox,
    /// The messages of a conversation.
    History,
    /// The conversations of a customer.
    Timeline,
    /// Full-text search over messages.
    MessageSearch,
    /// Full-text search over articles.
    KnowledgeSearch,
    /// The roll-up of a day, and its figures.
    Figures,
    /// A recount of every counter.
    Recount,
    /// A message into an existing conversation, against a bare table.
    Insert,
    /// A new conversation with assignment.
    Conversation,
    /// Resolving conversations.
    Resolve,
    /// Where the cost of an insert goes.
    Parts,
}

impl Job {
    /// Every job, in the order of work.
    pub const ALL: [Job; 11] = [
        Job::Inbox,
        Job::History,
        Job::Timeline,
        Job::MessageSearch,
        Job::KnowledgeSearch,
        Job::Figures,
        Job::Recount,
        Job::Insert,
        Job::Conversation,
        Job::Resolve,
        Job::Parts,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Job::Inbox => "inbox",
            Job::History => "history",
            Job::Timeline => "timeline",
            Job::MessageSearch => "message-search",
            Job::KnowledgeSearch => "knowledge-search",
            Job::Figures => "figures",
            Job::Recount => "recount",
            Job::Insert => "insert",
            Job::Conversation => "conversation",
            Job::Resolve => "resolve",
            Job::Parts => "parts",
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

/// Makes the databases on the server of `settings`, measures until `stop` ends, and drops them, whatever happened.
///
/// # Errors
/// When the server refuses something, and [`BenchError::Stopped`].
pub async fn run(
    settings: &Settings,
    options: &BenchOptions,
    stop: impl Future<Output = ()> + Send,
    observe: Observer<'_>,
) -> Result<Report, BenchError> {
    let mut databases = Databases::new(settings);
    let measured = tokio::select! {
        measured = measure(&mut databases, options, observe) => measured,
        () = stop => Err(BenchError::Stopped),
    };
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
    let large = if options.scale_up > 1 {
        let conversations = options.conversations * options.scale_up;
        Some(
            databases
                .load(conversations, options.articles, observe)
                .await?,
        )
    } else {
        None
    };
    let large = large.as_ref();
    let machine = Machine::inspect(&small).await?;
    let mut report = Report::new(machine, options, small.size, large.map(|large| large.size));
    // Reads first, while the databases are as they were loaded; what damages one comes last.
    report
        .measurements
        .extend(jobs::reads::measure(&small, large, options, observe).await?);
    if options.jobs.contains(&Job::Insert) {
        report.insert = Some(jobs::insert::measure(&small, options, observe).await?);
    }
    report
        .measurements
        .extend(jobs::verbs::measure(&small, large, options, observe).await?);
    if options.jobs.contains(&Job::Parts) {
        report.parts = jobs::parts::measure(&small, options, observe).await?;
    }
    Ok(report)
}
