//! What an import did.
//!
//! Invariant: `read` is the sum of what was imported, what was there already, what was attached as a delivery report,
//! and what was skipped.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

/// Skipped mails that are listed; more are only counted.
const LISTED: usize = 10_000;

/// Why a mail was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Larger than the limit.
    TooLarge {
        /// Bytes.
        size: u64,
    },
    /// Neither From, Subject, Date nor Message-ID.
    NotAMail,
    /// Nobody sent it.
    NoSender,
    /// Sent by us to nobody but us.
    NoCustomer,
    /// A delivery report about a mail that is not here.
    ReportWithoutMail,
    /// The database refused it.
    Refused {
        /// What it said.
        message: String,
    },
}

impl Reason {
    /// The word for the summary.
    pub fn word(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too large",
            Self::NotAMail => "not a mail",
            Self::NoSender => "without a sender",
            Self::NoCustomer => "between our own addresses",
            Self::ReportWithoutMail => "delivery report about a mail that is not here",
            Self::Refused { .. } => "refused by the database",
        }
    }
}

/// A mail that was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// File it is in.
    pub file: PathBuf,
    /// Byte where it starts.
    pub offset: u64,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Numbers of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Mails found.
    pub read: u64,
    /// Mails that became messages.
    pub imported: u64,
    /// Mails that were messages already.
    pub duplicates: u64,
    /// Mails left out.
    pub skipped: u64,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Nothing was written.
    pub dry_run: bool,
    /// Stopped before the end.
    pub interrupted: bool,
    /// Mails found.
    pub read: u64,
    /// Mails that became messages (with `dry_run`: would become).
    pub imported: u64,
    /// Mails that were messages already.
    pub duplicates: u64,
    /// Of the imported: written by us.
    pub from_us: u64,
    /// Of the imported: written by programs and kept quiet, by kind.
    pub automatic: BTreeMap<String, u64>,
    /// Of the imported: delivery reports, attached to the mail they are about.
    pub delivery_reports: u64,
    /// Of the imported: with a Message-ID that another mail has too.
    pub same_message_id: u64,
    /// Of the imported: without a Message-ID.
    pub without_message_id: u64,
    /// Conversations that were opened.
    pub conversations: u64,
    /// Conversations that were closed, because their latest mail is old.
    pub closed: u64,
    /// Files stored.
    pub attachments: u64,
    /// Bytes of them.
    pub attachment_bytes: u64,
    /// Mails left out, by reason.
    pub skipped_by_reason: BTreeMap<String, u64>,
    /// The first of them.
    pub skipped: Vec<Skipped>,
    /// Numbers of each file.
    pub files: Vec<FileReport>,
    /// How long it took.
    pub seconds: f64,
}

impl Report {
    pub(crate) fn new(dry_run: bool) -> Self {
        Self {
            dry_run,
            interrupted: false,
            read: 0,
            imported: 0,
            duplicates: 0,
            from_us: 0,
            automatic: BTreeMap::new(),
            delivery_reports: 0,
            same_message_id: 0,
            without_message_id: 0,
            conversations: 0,
            closed: 0,
            attachments: 0,
            attachment_bytes: 0,
            skipped_by_reason: BTreeMap::new(),
            skipped: Vec::new(),
            files: Vec::new(),
            seconds: 0.0,
        }
    }

    /// How many mails were left out.
    pub fn skipped_count(&self) -> u64 {
        self.skipped_by_reason.values().sum()
    }

    pub(crate) fn start_file(&mut self, path: PathBuf) {
        self.files.push(FileReport {
            path,
            ..FileReport::default()
        });
    }

    fn count(&mut self, add: impl FnOnce(&mut FileReport)) {
        self.read += 1;
        if let Some(file) = self.files.last_mut() {
            file.read += 1;
            add(file);
        }
    }

    pub(crate) fn skip(&mut self, skipped: Skipped) {
        self.count(|file| file.skipped += 1);
        *self
            .skipped_by_reason
            .entry(skipped.reason.word().to_owned())
            .or_default() += 1;
        if self.skipped.len() < LISTED {
            self.skipped.push(skipped);
        }
    }

    pub(crate) fn duplicate(&mut self) {
        self.duplicates += 1;
        self.count(|file| file.duplicates += 1);
    }

    pub(crate) fn import(&mut self) {
        self.imported += 1;
        self.count(|file| file.imported += 1);
    }

    pub(crate) fn finish(&mut self, elapsed: Duration) {
        self.seconds = (elapsed.as_secs_f64() * 1000.0).round() / 1000.0;
    }
}
