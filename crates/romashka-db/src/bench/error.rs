//! Why nothing could be measured.

use crate::connect::ConnectError;
use crate::migrations::MigrateError;
use crate::scope::ScopeError;
use crate::seed::SeedError;

/// Why a benchmark ended early.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The server could not be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The schema could not be installed into the database that was made.
    #[error("the schema could not be installed")]
    Migrate(#[from] MigrateError),
    /// The load could not be added.
    #[error("the load could not be added")]
    Load(#[from] SeedError),
    /// A scoped transaction failed.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The server refused a statement.
    #[error("the database refused {step}")]
    Database {
        /// What was being done.
        step: &'static str,
        /// What it said.
        source: tokio_postgres::Error,
    },
    /// A client that does not speak to the database got another answer than the expected one.
    #[error("{what} was answered with status {status}")]
    Answer {
        /// What was asked for.
        what: &'static str,
        /// The status of HTTP, 0 where no answer came.
        status: u16,
    },
    /// A client's task ended by itself.
    #[error("a client stopped")]
    Client(#[from] tokio::task::JoinError),
    /// It was told to stop.
    #[error("stopped before the end")]
    Stopped,
    /// A statement ran, but did nothing, so that its time means nothing.
    #[error("{0} found nothing to measure")]
    Nothing(&'static str),
}

impl BenchError {
    /// What the user does next.
    pub fn next_step(&self) -> &'static str {
        match self {
            BenchError::Connect(error) => error.next_step(),
            BenchError::Load(error) => error.next_step(),
            BenchError::Nothing(_) => "use a larger load: --conversations 5000 or more",
            _ => {
                "check that the role may create databases, that the disk has room, and the server's log"
            }
        }
    }

    /// For `map_err`, at this step.
    pub fn at(step: &'static str) -> impl FnOnce(tokio_postgres::Error) -> BenchError {
        move |source| BenchError::Database { step, source }
    }
}
