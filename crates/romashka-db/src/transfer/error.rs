//! Why an export or an import did not come about.

use std::io;
use std::path::{Path, PathBuf};

use crate::backup::BackupError;
use crate::connect::ConnectError;

/// Why an export or an import did not come about. No workspace was made or changed, whichever it is.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is no such workspace.
    #[error("there is no workspace {0}")]
    NoWorkspace(String),
    /// The role does not see every row.
    #[error("the role {0} does not see every row, so that an export by it would lack some")]
    SeesTooLittle(String),
    /// The role may not hold the triggers back.
    #[error(
        "the role {0} may not hold triggers back, so that an import by it would repeat what happened: mails, webhooks, the ledger"
    )]
    MayNotHoldBack(String),
    /// There is no ROMASHKA in the database.
    #[error("there is no ROMASHKA in this database")]
    NothingThere,
    /// A file.
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
    /// It is not an export.
    #[error("{} is not an export of ROMASHKA: {why}", path.display())]
    NoExport {
        /// What was given.
        path: PathBuf,
        /// What speaks against it.
        why: String,
    },
    /// Its format is of a later version.
    #[error("the export has the format {0}, which this version does not read")]
    LaterFormat(u32),
    /// Its rows are of a later schema.
    #[error(
        "the export is of the schema {found}, which is newer than the {known} of this database"
    )]
    LaterSchema {
        /// The export's.
        found: String,
        /// The database's.
        known: String,
    },
    /// It names what the schema does not have.
    #[error("the export holds {0}, which this schema does not have")]
    Unknown(String),
    /// It is not what was written.
    #[error("the export is damaged at line {line}: {why}")]
    Damaged {
        /// Where.
        line: u64,
        /// In what way.
        why: String,
    },
    /// The workspace is there.
    #[error(
        "the workspace {slug} ({id}) of the export is in this database already, and holds something"
    )]
    IsThere {
        /// Its short name.
        slug: String,
        /// Its id.
        id: String,
    },
    /// The short name is taken.
    #[error("the short name {0} belongs to another workspace of this database")]
    SlugTaken(String),
    /// The short name is none.
    #[error("{0:?} is no short name of a workspace")]
    Slug(String),
    /// Another import of the file is at work.
    #[error("another import of this file is at work")]
    Busy,
    /// It has credentials, and there is no key to open them.
    #[error("the credentials in the export are encrypted for somebody else, or no key was given")]
    Sealed,
    /// What cannot be decrypted.
    #[error("the credential {place} cannot be opened: {why}")]
    Credential {
        /// Where it is.
        place: String,
        /// Why.
        why: String,
    },
    /// Rows refer to rows that are not there.
    #[error("the export is not whole: {}", .0.join(", "))]
    Orphans(Vec<String>),
    /// What was given is no recipient or key.
    #[error(transparent)]
    Key(#[from] BackupError),
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server refused.
    #[error("the database refused")]
    Database(#[from] tokio_postgres::Error),
}

impl TransferError {
    pub(super) fn file(
        what: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> TransferError + use<> {
        let path = path.to_owned();
        move |source| TransferError::File { what, path, source }
    }

    /// Whether it was refused for safety, before anything was tried.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            TransferError::SeesTooLittle(_)
                | TransferError::MayNotHoldBack(_)
                | TransferError::NothingThere
                | TransferError::LaterFormat(_)
                | TransferError::LaterSchema { .. }
                | TransferError::IsThere { .. }
                | TransferError::SlugTaken(_)
                | TransferError::Busy
        )
    }

    /// What the user does next.
    pub fn next_step(&self) -> String {
        match self {
            TransferError::NoWorkspace(_) => {
                "name one by its short name: select slug from public.workspaces".to_owned()
            }
            TransferError::SeesTooLittle(role) => {
                format!("connect as a superuser, or: alter role \"{role}\" bypassrls")
            }
            TransferError::MayNotHoldBack(role) => format!(
                "connect as a superuser; from PostgreSQL 15 on also: grant set on parameter session_replication_role to \"{role}\""
            ),
            TransferError::NothingThere => "romashka migrate makes it".to_owned(),
            TransferError::File { .. } => {
                "see that the folder exists, may be written and has room".to_owned()
            }
            TransferError::NoExport { .. } => "name a file that romashka export made".to_owned(),
            TransferError::LaterFormat(_) | TransferError::LaterSchema { .. } => {
                "use the romashka that made it or a newer one, and romashka migrate".to_owned()
            }
            TransferError::Unknown(_)
            | TransferError::Damaged { .. }
            | TransferError::Orphans(_) => {
                "copy or make the export again; nothing was changed here".to_owned()
            }
            TransferError::IsThere { .. } => {
                "make a copy beside it: --new-ids --slug NAME".to_owned()
            }
            TransferError::SlugTaken(_) => "give another one: --slug NAME".to_owned(),
            TransferError::Slug(_) => {
                "use small letters, digits and hyphens, 63 at most".to_owned()
            }
            TransferError::Busy => "wait until it is over".to_owned(),
            TransferError::Sealed => {
                "name the file of the age key: --identity FILE; or --without-credentials".to_owned()
            }
            TransferError::Credential { .. } => {
                "name the key that encrypts it (romashka keys), or export without --credentials-for"
                    .to_owned()
            }
            TransferError::Key(error) => error.next_step(),
            TransferError::Connect(error) => error.next_step().to_owned(),
            TransferError::Database(_) => {
                "see what it said; run the command again: it goes on where it stopped".to_owned()
            }
        }
    }
}
