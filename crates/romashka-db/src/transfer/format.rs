//! The lines of an export. docs/export-format.md says the same in words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of the format. A reader refuses a later one.
pub const FORMAT: u32 = 1;

/// Bytes of a file in one line.
pub(super) const CHUNK: usize = 192 * 1024;

/// What a line of a row begins with.
pub(super) const ROW: &[u8] = b"{\"row\":";

/// The people's name among the tables: those of the installation whom rows of the workspace name.
pub(super) const PEOPLE: &str = "people";

/// The first line: what the file is and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the format.
    pub romashka_export: u32,
    /// The version of the program that wrote it.
    pub romashka: String,
    /// The version of the schema whose rows they are.
    pub schema: String,
    /// The workspace.
    pub workspace: Place,
    /// The last number that a conversation of it was given.
    pub last_number: Option<i64>,
    /// Whether credentials are in it, encrypted.
    pub credentials: bool,
    /// The tables in the order in which they come, people first.
    pub tables: Vec<Listed>,
    /// How many files of messages follow the tables.
    pub files: u64,
    /// The tables that are not in it, with the reason.
    pub left_out: BTreeMap<String, String>,
}

impl Manifest {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its id.
    pub id: Uuid,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// A table of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name with its schema.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// How many rows it has.
    pub rows: u64,
}

/// A line that is neither the manifest nor a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Control {
    /// An age file in base64, which holds the credentials.
    Credentials(String),
    /// The rows of a table follow.
    Table(String),
    /// They were these.
    TableEnd { name: String, sha256: String },
    /// The bytes of a file follow.
    File {
        id: Uuid,
        bytes: u64,
        named_by: NamedBy,
    },
    /// Some of them, in base64.
    Bytes(String),
    /// They were these.
    FileEnd { sha256: String },
    /// The bytes of a file are not in the export.
    FileMissing { id: Uuid, why: String },
    /// The export is whole.
    End { lines: u64, sha256: String },
}

/// What the name of a stored file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NamedBy {
    /// Of the ids of workspace and file.
    Ids,
    /// Of its content.
    Hash,
}

/// A credential, in the clear: these exist in memory and inside an age file only.
#[derive(Serialize, Deserialize)]
pub(super) struct Credential {
    pub table: String,
    pub column: String,
    pub row: Uuid,
    /// In base64.
    pub secret: String,
}
