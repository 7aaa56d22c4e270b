//! Exit codes, and errors that carry one together with the next step.

use std::fmt;

/// How a command ends. The numbers are part of the interface (`romashka --help` lists them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and nothing to complain about.
    Ok = 0,
    /// The command failed, or it found what it looks for (`verify`, `migrate status`, `doctor`).
    Failure = 1,
    /// The command line or a setting is wrong.
    Usage = 2,
    /// The database could not be reached.
    Unreachable = 3,
    /// Refused for safety: wrong role, pooler, another process at work, changed migration.
    Refused = 4,
    /// A ROMASHKA runs on the data folder already.
    AlreadyRunning = 5,
    /// Stopped by Ctrl-C or SIGTERM before the work was done.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

impl Exit {
    /// The exit of another run of this program; a signal or an unknown code counts as a failure.
    pub fn from_code(code: Option<i32>) -> Exit {
        [
            Exit::Ok,
            Exit::Usage,
            Exit::Unreachable,
            Exit::Refused,
            Exit::AlreadyRunning,
            Exit::Interrupted,
        ]
        .into_iter()
        .find(|exit| Some(*exit as i32) == code)
        .unwrap_or(Exit::Failure)
    }

    /// The exit code for an error: that of the [`Failure`] in it, else [`Exit::Failure`].
    pub fn of(error: &anyhow::Error) -> Exit {
        error
            .downcast_ref::<Failure>()
            .map_or(Exit::Failure, |failure| failure.exit)
    }
}

/// An error with an exit code and a line that tells what to do next.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    next: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A failure with its own message.
pub fn failure(exit: Exit, message: impl fmt::Display) -> Failure {
    Failure {
        exit,
        message: message.to_string(),
        next: None,
        source: None,
    }
}

impl Failure {
    /// What the user does next, as an imperative sentence without a full stop.
    pub fn next(mut self, next: impl fmt::Display) -> Failure {
        self.next = Some(next.to_string());
        self
    }

    /// The error that caused this one.
    pub fn because(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Failure {
        self.source = Some(source.into());
        self
    }

    /// The next step, where there is one.
    pub fn next_step(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}
