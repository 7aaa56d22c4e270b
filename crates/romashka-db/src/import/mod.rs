//! Mail archives into conversations, and, in [`chatwoot`], accounts of Chatwoot.
//!
//! Invariants: every mail goes through `public.ingest_message`, the same verb as the channels'; a mail is stored once
//! however often its file is imported, and the process may be killed at any moment (a batch of mails is one
//! transaction, the files of a mail are durable before its row); nothing is left out without a line in the report.
//!
//! Reading and parsing happen on a thread of their own, so that the database and the parser work at the same time.
//! Mails wait for the database without their attachments, which are on disk by then: memory is bounded by one mail and
//! a few texts.

mod attachments;
pub mod chatwoot;
mod database;
pub mod mail;
mod reader;
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use uuid::Uuid;

pub use attachments::{AttachmentStore, StoreError};
pub use report::{FileReport, Reason, Report, Skipped};

use crate::scope::{Database, ScopeError};

/// Mails of one transaction.
const BATCH_MAILS: usize = 40;
/// Text of one transaction, in bytes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What to import and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files: mbox of any variant, or one mail each.
    pub files: Vec<PathBuf>,
    /// Workspace that receives the mails; the default one when none is named.
    pub workspace: Option<String>,
    /// Name of the email channel the mails belong to; made when it does not exist.
    pub channel: Option<String>,
    /// Our own addresses: mail from them was written by agents.
    pub our_addresses: Vec<String>,
    /// Bytes above which a mail is skipped.
    pub size_limit: usize,
    /// Conversations whose latest mail is older than so many days are closed at the end.
    pub open_days: u32,
    /// Folder of the attachments.
    pub attachments: PathBuf,
    /// Read and compare, but write nothing.
    pub dry_run: bool,
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Attachments cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The connection failed.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A statement failed that does not depend on a mail.
    #[error("the database refused the import")]
    Database(#[from] tokio_postgres::Error),
    /// No such workspace.
    #[error("there is no workspace `{0}`")]
    Workspace(String),
    /// The reading thread is gone.
    #[error("the reader of the archive ended without a result")]
    Reader,
}

/// Imports the files. `progress` hears how many bytes of all files are done; `stop` ends the work after the current
/// batch, and the report says so.
pub async fn import_mail(
    database: &Database,
    options: Options,
    stop: Arc<AtomicBool>,
    mut progress: impl FnMut(u64),
) -> Result<Report, ImportError> {
    let started = std::time::Instant::now();
    let mut lease = database.lease().await?;
    let place = database::find_place(&mut lease, &options).await?;
    let open_days = options.open_days;
    let store = (!options.dry_run).then(|| AttachmentStore::new(options.attachments.clone()));
    let our_addresses = mail::normalise_addresses(&options.our_addresses);
    let mut report = Report::new(options.dry_run);
    let mut importer =
        database::Importer::new(lease, place, our_addresses.clone(), options.dry_run);
    let mut reader = reader::start(options, our_addresses, store, stop.clone());
    let mut batch = Vec::with_capacity(BATCH_MAILS);
    let mut bytes = 0;
    while let Some(message) = reader.receive().await {
        match message? {
            reader::Read::Mail(mail) => {
                bytes += mail.weight();
                batch.push(*mail);
            }
            reader::Read::Skipped(skipped) => report.skip(skipped),
            reader::Read::FileStarted(path) => {
                importer.flush(&mut batch, &mut report).await?;
                report.start_file(path);
            }
            reader::Read::Position(position) => progress(position),
        }
        if batch.len() >= BATCH_MAILS || bytes >= BATCH_BYTES || reader.is_idle() {
            importer.flush(&mut batch, &mut report).await?;
            bytes = 0;
        }
    }
    importer.flush(&mut batch, &mut report).await?;
    report.interrupted = stop.load(Ordering::Relaxed);
    if !report.interrupted {
        importer.close_old(open_days, &mut report).await?;
    }
    report.finish(started.elapsed());
    Ok(report)
}

/// Where mails go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    workspace: Uuid,
    channel: Option<Uuid>,
}
