//! Why a backup or a restore did not come about.

use std::io;
use std::path::{Path, PathBuf};

use crate::connect::ConnectError;
use crate::private::{Missing, PackageAdvice};
use crate::verify::VerifyError;

/// Why a backup or a restore did not come about. Nothing was changed, whichever it is.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// pg_dump or pg_restore is not there.
    #[error("{0} is not on this machine")]
    NoProgram(&'static str),
    /// It is older than the server.
    #[error("{program} is of version {found}; a server of version {needed} needs at least that")]
    OldProgram {
        /// pg_dump or pg_restore.
        program: &'static str,
        /// Its major version.
        found: u32,
        /// The server's.
        needed: u32,
    },
    /// It failed.
    #[error("{program} failed: {said}")]
    Program {
        /// pg_dump or pg_restore.
        program: &'static str,
        /// The last of what it said.
        said: String,
    },
    /// The role does not see every row.
    #[error("the role {0} does not see every row, so that a backup by it would lack some")]
    SeesTooLittle(String),
    /// The users are kept by a service.
    #[error(
        "the schema auth belongs to {0}: this database is a service's, which keeps the people who sign in itself"
    )]
    OfAService(String),
    /// There is no ROMASHKA in the database.
    #[error("there is no ROMASHKA in this database")]
    NothingThere,
    /// A file or folder.
    #[error("{what} {}", path.display())]
    File {
        /// What failed.
        what: &'static str,
        /// With which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not a backup.
    #[error("{} is not a backup of ROMASHKA: {why}", path.display())]
    NoBackup {
        /// What was given.
        path: PathBuf,
        /// What is missing.
        why: String,
    },
    /// Its form is of a later version.
    #[error("the backup has the form {0}, which this version does not read")]
    LaterForm(String),
    /// A file is not what was written.
    #[error("the backup is damaged: {file} {why}")]
    Damaged {
        /// The file.
        file: String,
        /// In what way.
        why: &'static str,
    },
    /// It is encrypted.
    #[error("the backup is encrypted")]
    Sealed,
    /// No key opens it.
    #[error("none of the keys opens the backup")]
    WrongKey,
    /// What was given is no recipient or key.
    #[error("{0}")]
    Key(String),
    /// The target holds something.
    #[error("the database {0} is not empty")]
    NotEmpty(String),
    /// The server is older than the one the backup is of.
    #[error("the backup is of PostgreSQL {backup}; this server is PostgreSQL {server}")]
    OlderServer {
        /// The backup's major version.
        backup: u32,
        /// The server's.
        server: u32,
    },
    /// The role may not create databases.
    #[error("the role {0} may not create databases")]
    MayNotCreate(String),
    /// What was restored differs from what was counted.
    #[error("what was restored is not what was backed up: {}", .0.join(", "))]
    Differs(Vec<String>),
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The checks could not be made.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The server refused.
    #[error("the database refused")]
    Database(#[from] tokio_postgres::Error),
}

impl BackupError {
    pub(super) fn file(
        what: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> BackupError + use<> {
        let path = path.to_owned();
        move |source| BackupError::File { what, path, source }
    }

    /// What the user does next.
    pub fn next_step(&self) -> String {
        match self {
            BackupError::NoProgram(_) | BackupError::OldProgram { .. } => {
                PackageAdvice::here(Missing::Client)
                    .command(rustix::process::geteuid().is_root())
                    .to_string()
            }
            BackupError::Program { .. } | BackupError::Database(_) => {
                "see what it said; romashka doctor looks at the server".to_owned()
            }
            BackupError::SeesTooLittle(role) => {
                format!("connect as a superuser, or: alter role \"{role}\" bypassrls")
            }
            BackupError::OfAService(_) => {
                "use the service's own backups for such a database".to_owned()
            }
            BackupError::NothingThere => "romashka migrate makes it".to_owned(),
            BackupError::File { .. } => {
                "see that the folder exists, may be written and has room".to_owned()
            }
            BackupError::NoBackup { .. } => {
                "name the folder that romashka backup made; romashka backup list DIR shows them".to_owned()
            }
            BackupError::LaterForm(_) => "use a newer romashka".to_owned(),
            BackupError::Damaged { .. } | BackupError::Differs(_) => {
                "take another backup; romashka backup verify tells which are sound".to_owned()
            }
            BackupError::Sealed | BackupError::WrongKey => {
                "name the file of its age key: --identity FILE".to_owned()
            }
            BackupError::Key(_) => "age-keygen makes a key; its recipient begins with age1".to_owned(),
            BackupError::NotEmpty(_) => {
                "name another database: --database NAME; or --force, which keeps this one under another name".to_owned()
            }
            BackupError::OlderServer { .. } => "restore into a server of that version or a later one".to_owned(),
            BackupError::MayNotCreate(role) => {
                format!("as a superuser: alter role \"{role}\" createdb")
            }
            BackupError::Connect(error) => error.next_step().to_owned(),
            BackupError::Verify(error) => error.next_step(),
        }
    }
}
