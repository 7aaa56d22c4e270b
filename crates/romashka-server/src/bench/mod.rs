//! Measures the server: what it costs beside the database, how long its answers take, and whether anything is lost.
//!
//! Invariants: the server is the program itself in a process of its own, reached over sockets; it serves a database that was
//! made for it and is dropped afterwards; what was acknowledged is counted in the database at the end. As in
//! [`romashka_db::bench`] compared sides take turns, and a figure is the median of several runs.

mod api;
mod inbound;
mod mail_server;
mod mailbox;
mod page;
mod place;
mod process;
mod report;
mod streams;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use romashka_db::bench::{BenchError, BenchEvent, Databases, Machine, Observer};
use romashka_db::settings::Settings;
use serde::Serialize;

pub use report::{
    ApiReport, ApiRow, Idle, InboundReport, InboundRow, KillReport, MailReport, ServerReport,
    StreamsReport,
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// Memory of a server without work.
    Idle,
    /// Requests of the API.
    Api,
    /// Signed webhooks, until durable and until visible.
    Webhooks,
    /// The same with processes that are killed.
    WebhooksKilled,
    /// Open streams of events.
    Streams,
    /// A mailbox that is caught up.
    Mailbox,
}

impl Job {
    /// Every job, in the order of work.
    pub const ALL: [Job; 6] = [
        Job::Idle,
        Job::Api,
        Job::Webhooks,
        Job::WebhooksKilled,
        Job::Streams,
        Job::Mailbox,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Job::Idle => "server-idle",
            Job::Api => "api",
            Job::Webhooks => "webhooks",
            Job::WebhooksKilled => "webhooks-killed",
            Job::Streams => "streams",
            Job::Mailbox => "mailbox",
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
pub struct Options {
    /// The program that serves: `romashka` itself.
    #[serde(skip)]
    pub program: PathBuf,
    /// Conversations of the load, with ten messages each.
    pub conversations: u64,
    /// Articles of the load.
    pub articles: u32,
    /// Runs of each side.
    pub runs: u32,
    /// How long a run takes.
    pub duration: Duration,
    /// Streams that are open at a time.
    pub streams: u32,
    /// Messages a second while they are.
    pub messages_per_second: u32,
    /// Mails of the mailbox.
    pub mails: u32,
    /// Bytes of the file in its largest mail.
    pub largest_mail: u32,
    /// The jobs.
    pub jobs: Vec<Job>,
}

/// Why the server could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database's side.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// A connection to the database.
    #[error(transparent)]
    Connect(#[from] romashka_db::connect::ConnectError),
    /// The server did not start.
    #[error("the server did not start: {0}")]
    Start(String),
    /// A request came to nothing.
    #[error("a request to the server failed")]
    Request(#[from] reqwest::Error),
    /// An answer other than the expected one.
    #[error("{what} was answered with status {status}")]
    Answer {
        /// The request.
        what: &'static str,
        /// The status.
        status: u16,
    },
    /// A file or socket of this side.
    #[error("{0}")]
    Io(&'static str, #[source] std::io::Error),
    /// Something did not happen.
    #[error("{0} did not come to an end in time")]
    Slow(&'static str),
    /// A client's task ended by itself.
    #[error("a client stopped")]
    Client(#[from] tokio::task::JoinError),
}

impl Failure {
    /// For `map_err` of the database's errors, at this step.
    fn at(step: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Failure {
        move |error| Failure::Bench(BenchError::at(step)(error))
    }
}

/// Makes a database on the server of `settings`, measures until `stop` ends, and drops it, whatever happened.
///
/// # Errors
/// When the server does not do what is asked of it, and [`BenchError::Stopped`].
pub async fn run(
    settings: &Settings,
    options: &Options,
    stop: impl Future<Output = ()> + Send,
    observe: Observer<'_>,
) -> Result<ServerReport, Failure> {
    let mut databases = Databases::new(settings);
    let measured = tokio::select! {
        measured = measure(&mut databases, options, observe) => measured,
        () = stop => Err(BenchError::Stopped.into()),
    };
    let dropped = databases.drop_all().await;
    let report = measured?;
    dropped?;
    Ok(report)
}

async fn measure(
    databases: &mut Databases,
    options: &Options,
    observe: Observer<'_>,
) -> Result<ServerReport, Failure> {
    let loaded = databases
        .load(options.conversations, options.articles, observe)
        .await?;
    let machine = Machine::inspect(&loaded).await?;
    let mut report = ServerReport::new(machine, options, loaded.size);
    let place = place::Place::new(loaded, &options.program);
    for job in &options.jobs {
        observe(BenchEvent::Stage {
            name: job.to_string(),
            total: 0,
        });
        match job {
            Job::Idle => report.idle = Some(process::idle(&place).await?),
            Job::Api => report.api = Some(api::measure(&place, options, observe).await?),
            Job::Webhooks => {
                report.inbound = Some(inbound::measure(&place, options, observe).await?);
            }
            Job::WebhooksKilled => report.killed = Some(inbound::kill(&place, options).await?),
            Job::Streams => report.streams = Some(streams::measure(&place, options).await?),
            Job::Mailbox => match mail_server::MailServer::start()? {
                Some(server) => {
                    report.mail = Some(mailbox::measure(&place, &server, options).await?);
                }
                None => report
                    .left_out
                    .push("mailbox: needs Dovecot of the system's packages, and root to start it"),
            },
        }
    }
    Ok(report)
}
