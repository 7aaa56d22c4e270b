//! Why migrating stops, and which statement of which file it was.

use std::time::Duration;

use tokio_postgres::error::{ErrorPosition, SqlState};

use super::{Statement, Version};

/// Why migrating stopped.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The server, the database or the role will not do.
    #[error("{finding}")]
    Server {
        /// What is wrong.
        finding: String,
        /// What to do.
        next: String,
    },
    /// The connection's session is not its own.
    #[error(
        "this connection goes through a transaction pooler: the lock that keeps two migrators apart was lost"
    )]
    Pooled,
    /// Files of applied migrations are not what they were.
    #[error("already applied, and changed since: {}", list(.0))]
    Changed(Vec<Version>),
    /// The database is newer.
    #[error("the database has migrations that this program does not know: {}", list(.0))]
    Unknown(Vec<Version>),
    /// An older one is missing below a newer one.
    #[error("migration {missing} was never applied, and the newer {newest} was")]
    Gap {
        /// The older.
        missing: Version,
        /// The newer.
        newest: Version,
    },
    /// `--to` names something else.
    #[error("there is no migration {0}")]
    NoSuchVersion(Version),
    /// There is no written reversal.
    #[error("migration {0} has no written reversal")]
    Irreversible(Version),
    /// Others held a lock for too long, in every attempt.
    #[error("{what}: a lock was not free within {}, {attempts} times", seconds(.lock_timeout))]
    LockTimeout {
        /// Which migration.
        what: String,
        /// How long each attempt waited.
        lock_timeout: Duration,
        /// How many there were.
        attempts: u32,
    },
    /// A migration's statement failed; nothing of that migration remains.
    #[error("{what}, line {line}: {message}\n    {statement}")]
    Statement {
        /// Which migration.
        what: String,
        /// The line in its file.
        line: usize,
        /// What the server said, with its hint.
        message: String,
        /// The statement's first line.
        statement: String,
        /// The driver's error.
        source: tokio_postgres::Error,
    },
    /// A migration ended the transaction that it ran in.
    #[error("{0} ended its own transaction")]
    EndedTransaction(String),
    /// Anything else between here and the server.
    #[error("the database refused")]
    Database(#[from] tokio_postgres::Error),
}

fn list(versions: &[Version]) -> String {
    versions
        .iter()
        .map(Version::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn seconds(duration: &Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

impl MigrateError {
    /// What the user does next.
    pub fn next_step(&self) -> String {
        match self {
            MigrateError::Server { next, .. } => next.clone(),
            MigrateError::Pooled => "use the session's port, or the server directly (Supabase: port 5432)".to_owned(),
            MigrateError::Changed(_) => {
                "use the program that applied them; a released migration is never edited, write a new one".to_owned()
            }
            MigrateError::Unknown(_) => "use the newest romashka; this one is older than the database".to_owned(),
            MigrateError::Gap { missing, .. } => {
                format!("look at romashka migrate status; when its content is there: romashka migrate baseline --to {missing}")
            }
            MigrateError::NoSuchVersion(_) => "romashka migrate status lists them".to_owned(),
            MigrateError::Irreversible(_) => "restore the backup from before it".to_owned(),
            MigrateError::LockTimeout { .. } => {
                "nothing was changed; look for long transactions (romashka doctor), or try when less is going on".to_owned()
            }
            MigrateError::Statement { .. } => {
                "nothing of this migration remains in the database; mend the cause and run romashka migrate again".to_owned()
            }
            MigrateError::EndedTransaction(_) => "remove begin and commit from its body, and restore the backup".to_owned(),
            MigrateError::Database(_) => "run romashka migrate again: it continues with the first missing migration".to_owned(),
        }
    }

    pub(super) fn is_lock_conflict(&self) -> bool {
        let code = match self {
            MigrateError::Statement { source, .. } | MigrateError::Database(source) => {
                source.code()
            }
            _ => None,
        };
        matches!(
            code,
            Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::T_R_DEADLOCK_DETECTED)
        )
    }
}

/// A text that says which file failed.
pub(super) fn name_of(version: Option<Version>) -> String {
    version.map_or_else(
        || "db-functions.sql".to_owned(),
        |version| format!("migration {version}"),
    )
}

/// Which statement of a batch failed: the one at the place that the server names, else the one after the last that
/// was completed.
pub(super) fn failed_statement(
    error: &tokio_postgres::Error,
    starts: &[usize],
    completed: usize,
) -> usize {
    let position = error.as_db_error().and_then(|error| error.position());
    let by_count = completed.min(starts.len() - 1);
    match position {
        Some(ErrorPosition::Original(position)) => {
            let at = (*position as usize).saturating_sub(1);
            starts
                .iter()
                .rposition(|start| *start <= at)
                .unwrap_or(by_count)
        }
        _ => by_count,
    }
}

pub(super) fn statement_error(
    version: Option<Version>,
    statement: &Statement,
    source: tokio_postgres::Error,
) -> MigrateError {
    let message = match source.as_db_error() {
        Some(error) => {
            let mut message = format!("{} ({})", error.message(), error.code().code());
            for (name, text) in [("detail", error.detail()), ("hint", error.hint())] {
                if let Some(text) = text {
                    message.push_str(&format!("\n    {name}: {text}"));
                }
            }
            message
        }
        None => source.to_string(),
    };
    let first_line = statement.text.lines().next().unwrap_or_default();
    MigrateError::Statement {
        what: name_of(version),
        line: statement.line,
        message,
        statement: first_line.chars().take(120).collect(),
        source,
    }
}
