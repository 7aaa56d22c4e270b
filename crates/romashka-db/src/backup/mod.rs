//! Backups that are known to restore.
//!
//! Invariants: a backup holds one moment (the dump and everything that is counted read one snapshot); it appears under its name
//! whole or not at all; a restore changes the database that is there only after the new one holds exactly what was counted, in
//! one transaction, and keeps the old one.
//!
//! A backup is a folder: `manifest.json` (what it is, with size and SHA-256 of every file), `contents.json` (rows and a checksum
//! of every table, heads of ledger and audit, the schema's fingerprint, roles), `dump/` (pg_dump's directory format) and
//! `files.tar` (attachments that are on this machine). Encrypted, each file but the manifest is an age file.

mod contents;
mod create;
mod error;
mod manifest;
mod program;
mod restore;
mod retention;
mod scratch;
mod seal;

pub use contents::{Contents, Role, Table};
pub use create::{Created, Options, create, plain};
pub use error::BackupError;
pub use manifest::{Backup, File, MANIFEST, Manifest, ManifestError};
pub use restore::{Restored, Target, restore};
pub use retention::{Kept, Owner, list, outdated, prune, which_go};
pub use scratch::Scratch;
pub use seal::{Identities, Recipients};

/// What is being done, and how much of it; no total where there is none.
pub type Observer<'a> = &'a (dyn Fn(Step, u64, u64) + Send + Sync);

/// A step of a backup or a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// pg_dump writes, and the tables are counted.
    Dump,
    /// Attachments are gathered, by bytes.
    Files,
    /// Files are encrypted, by bytes.
    Seal,
    /// Files are sent to a bucket, by bytes.
    Send,
    /// Files are fetched from a bucket, by bytes.
    Fetch,
    /// Files are hashed, or compared with their hashes, by bytes.
    Hash,
    /// Files are decrypted, by bytes.
    Open,
    /// pg_restore writes.
    Restore,
    /// The tables are counted and compared, by tables.
    Compare,
    /// The checks of `romashka verify` run, by checks.
    Verify,
}

impl Step {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Step::Dump => "reading the database",
            Step::Files => "gathering attachments",
            Step::Seal => "encrypting",
            Step::Send => "sending",
            Step::Fetch => "fetching",
            Step::Hash => "checksums",
            Step::Open => "decrypting",
            Step::Restore => "writing the database",
            Step::Compare => "comparing every table",
            Step::Verify => "verifying",
        }
    }

    /// Whether its numbers are bytes.
    pub fn counts_bytes(self) -> bool {
        matches!(
            self,
            Step::Files | Step::Seal | Step::Send | Step::Fetch | Step::Hash | Step::Open
        )
    }
}
