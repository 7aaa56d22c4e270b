//! A workspace as a file: exported from one installation, imported into another.
//!
//! Invariants: an export is one moment (one snapshot), holds every table of the workspace that the catalog knows but those that
//! [`LEFT_OUT`] names with their reason, and is the same bytes for the same rows; it holds no secret in the clear. An import
//! reads the whole file and compares its checksums before it writes anything, gathers the rows where nobody sees them, and
//! makes them a workspace in one transaction in which no trigger fires: nothing of the history happens again.
//!
//! The format is documented in docs/export-format.md.

mod apply;
mod catalog;
mod error;
mod export;
mod files;
mod format;
mod ids;
mod import;
mod read;
mod secrets;
mod stage;
mod write;

pub use catalog::{LEFT_OUT, LEFT_OUT_COLUMNS, OF_THE_INSTALLATION, Plan, Table, UNFINISHED};
pub use error::TransferError;
pub use export::{ExportOptions, Exported, export};
pub use format::{FORMAT, Manifest};
pub use import::{ImportOptions, Imported, import};

/// What is being done, and how much of it.
pub type Observer<'a> = &'a (dyn Fn(Step, u64, u64) + Send + Sync);

/// A step of an export or an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The rows are counted.
    Count,
    /// Rows are written into the file.
    Rows,
    /// Attachments are written into the file.
    Files,
    /// The file is compared with its checksums, by bytes.
    Check,
    /// The rows are brought to the database, where nobody sees them yet.
    Stage,
    /// The rows become a workspace, by tables.
    Apply,
}

impl Step {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Step::Count => "counting",
            Step::Rows => "writing rows",
            Step::Files => "writing attachments",
            Step::Check => "comparing checksums",
            Step::Stage => "reading rows in",
            Step::Apply => "making the workspace",
        }
    }

    /// Whether its numbers are bytes.
    pub fn counts_bytes(self) -> bool {
        matches!(self, Step::Check)
    }
}
