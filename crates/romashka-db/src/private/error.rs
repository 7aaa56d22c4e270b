//! Why a private server could not be run.

use std::{io, path::PathBuf, time::Duration};

use super::{packages::PackageAdvice, version::ServerVersion};

/// Why a private server could not be found, made, started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateServerError {
    /// There is no usable PostgreSQL on this machine.
    #[error("PostgreSQL 14 or newer was not found on this machine{}", list(.rejected))]
    NoPostgres {
        /// What was found instead.
        rejected: Vec<String>,
        /// How to install it.
        advice: PackageAdvice,
    },
    /// The data needs a major version that is not on this machine.
    #[error("the data was made by PostgreSQL {major}, which was not found on this machine{}", list(.found))]
    NoPostgresForData {
        /// The data's major version.
        major: u32,
        /// What was found instead.
        found: Vec<String>,
        /// How to install it.
        advice: PackageAdvice,
    },
    /// The programs are older than those that served the data last.
    #[error("the data was last served by PostgreSQL {last}, and {} has the older {found}", .programs.display())]
    OlderMinorVersion {
        /// What served last.
        last: ServerVersion,
        /// What is there now.
        found: ServerVersion,
        /// Where.
        programs: PathBuf,
    },
    /// The folder that the user named holds no usable programs.
    #[error("the folder of PostgreSQL's programs, {}, cannot be used: it {reason}", .folder.display())]
    ChosenProgramsUnusable {
        /// The folder.
        folder: PathBuf,
        /// Half a sentence.
        reason: String,
    },
    /// Another ROMASHKA works on the folder.
    #[error("ROMASHKA already runs on {}{}", .folder.display(), .process.map(|process| format!(" (process {process})")).unwrap_or_default())]
    AlreadyRunning {
        /// The folder.
        folder: PathBuf,
        /// The other process, where it is known.
        process: Option<u32>,
    },
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used: {reason}", .folder.display())]
    FolderUnusable {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        next: String,
    },
    /// The user that the server would run as cannot be used.
    #[error("{reason}")]
    NoServerUser {
        /// What is wrong.
        reason: String,
        /// What to do.
        next: String,
    },
    /// A file or folder could not be read or written.
    #[error("{action} {} failed", .path.display())]
    File {
        /// What was tried: "reading", "creating".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A program could not be started at all.
    #[error("{} does not run", .program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// initdb failed.
    #[error("the database cluster could not be made: {output}")]
    Initialisation {
        /// What initdb said.
        output: String,
    },
    /// The server ended before it accepted connections.
    #[error("PostgreSQL ended while starting ({status}): {log}")]
    EndedWhileStarting {
        /// How it ended.
        status: String,
        /// The end of its log.
        log: String,
    },
    /// The server did not become ready in time.
    #[error("PostgreSQL was not ready after {} seconds; it may still be recovering", .waited.as_secs())]
    NotReady {
        /// How long was waited.
        waited: Duration,
    },
    /// The port of `--tcp` is in use.
    #[error("port {port} on 127.0.0.1 is in use by another program")]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The server did not end in time.
    #[error("PostgreSQL (process {process}) did not stop")]
    NotStopped {
        /// Its process.
        process: u32,
    },
    /// A setting that keeps data safe is off.
    #[error(
        "the server runs with {setting} = {value}, so that a power failure could destroy the data"
    )]
    NotDurable {
        /// The setting.
        setting: String,
        /// Its value.
        value: String,
    },
    /// Text in other scripts than Latin would not be found.
    #[error(
        "the database cannot search text that is not Latin: {finding} (locale {locale}, encoding {encoding})"
    )]
    LocaleUnfit {
        /// What failed.
        finding: String,
        /// `lc_ctype` of the database.
        locale: String,
        /// Its encoding.
        encoding: String,
    },
    /// An extension that the schema needs is not installed.
    #[error("the extension {name} is not part of this PostgreSQL")]
    ExtensionMissing {
        /// The extension.
        name: &'static str,
        /// How to install it.
        advice: PackageAdvice,
    },
    /// The server answered with an error.
    #[error("{action} failed")]
    Database {
        /// What was tried.
        action: &'static str,
        /// What the server said.
        source: tokio_postgres::Error,
    },
}

impl PrivateServerError {
    /// What the user does next, as an imperative sentence without a full stop.
    pub fn next_step(&self) -> Option<String> {
        let as_root = rustix::process::geteuid().is_root();
        Some(match self {
            Self::NoPostgres { advice, .. } => format!(
                "{}; or set DATABASE_URL to a database that runs elsewhere, or ROMASHKA_PG_BIN to a folder with initdb and postgres",
                advice.command(as_root)
            ),
            Self::NoPostgresForData { major, advice, .. } => format!(
                "{}; or set ROMASHKA_PG_BIN to the folder of PostgreSQL {major}. To move to a newer major version, see docs/private-postgres.md",
                advice.command(as_root)
            ),
            Self::OlderMinorVersion { last, .. } => {
                format!("update PostgreSQL to {last} or newer, or set ROMASHKA_PG_BIN to the folder of one")
            }
            Self::ChosenProgramsUnusable { .. } => {
                "set ROMASHKA_PG_BIN to a folder with initdb and postgres, or unset it".to_owned()
            }
            Self::AlreadyRunning { .. } => {
                "see romashka status; stop it with romashka down; or choose another folder with --data-dir".to_owned()
            }
            Self::FolderUnusable { next, .. } | Self::NoServerUser { next, .. } => next.clone(),
            Self::PortInUse { .. } => "choose another with --port, or leave --port away to take a free one".to_owned(),
            Self::ExtensionMissing { advice, .. } => advice.command(as_root),
            Self::LocaleUnfit { .. } => {
                "use a cluster whose locale is C.UTF-8 (en_US.UTF-8 on macOS) and whose encoding is UTF8".to_owned()
            }
            Self::NotReady { .. } | Self::EndedWhileStarting { .. } => {
                "read postgresql.log in the data folder".to_owned()
            }
            Self::NotStopped { .. } => "read postgresql.log in the data folder, and end the process by hand".to_owned(),
            Self::NotDurable { setting, .. } => format!("remove {setting} from the server's settings and start again"),
            Self::File { .. } | Self::Program { .. } | Self::Initialisation { .. } | Self::Database { .. } => return None,
        })
    }

    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    pub(crate) fn database(action: &'static str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        move |source| Self::Database { action, source }
    }
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        String::new()
    } else {
        format!(" (found: {})", items.join("; "))
    }
}
