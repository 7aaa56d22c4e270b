//! Files read as articles: PDF, DOCX, HTML, Markdown, text, CSV, and ZIP archives of these.
//!
//! Invariants: what is read is told by the file's name and checked by its bytes; every limit below is held before memory is taken for it; a part that
//! cannot be read costs itself only and is named with its reason. The readers of PDF, DOCX, HTML and ZIP are other people's and given anybody's
//! files: [`Kind::is_foreign`] says which of them belong into a process of their own, with limits that the system holds.

mod archive;
mod docx;
pub(crate) mod html;
pub(crate) mod markdown;
mod pdf;
mod table;
pub(crate) mod text;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of text that an article has at most.
pub const LONGEST_TEXT: usize = 5 * 1024 * 1024;
/// Articles of one file at most.
pub const MOST_ARTICLES: usize = 20_000;
/// Counts what is read otherwise than before, so that files that did not change are read again.
const EDITION: &[u8] = b"1\n";

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Portable Document Format.
    Pdf,
    /// A document of Word.
    Docx,
    /// A page.
    Html,
    /// Markdown.
    Markdown,
    /// Plain text.
    Text,
    /// A table with an article in each row.
    Table,
    /// An archive of files.
    Archive,
}

impl Kind {
    /// By the file's name; nothing for what is not read.
    pub fn of(name: &str) -> Option<Kind> {
        let ending = name.rsplit(['/', '\\']).next()?.rsplit_once('.')?.1;
        Some(match ending.to_ascii_lowercase().as_str() {
            "pdf" => Kind::Pdf,
            "docx" => Kind::Docx,
            "html" | "htm" | "xhtml" => Kind::Html,
            "md" | "markdown" => Kind::Markdown,
            "txt" | "text" => Kind::Text,
            "csv" | "tsv" => Kind::Table,
            "zip" => Kind::Archive,
            _ => return None,
        })
    }

    /// Whether it is read by a format's reader that a process of its own should hold.
    pub fn is_foreign(self) -> bool {
        matches!(self, Kind::Pdf | Kind::Docx | Kind::Html | Kind::Archive)
    }
}

/// Why a file, or a part of one, is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// Nobody reads such files here.
    #[error("files of this kind are not read; PDF, DOCX, HTML, Markdown, text, CSV and ZIP are")]
    UnknownKind,
    /// The bytes are not what the name says.
    #[error("it is damaged, or not what its name says: {message}")]
    Damaged {
        /// What the reader said.
        message: String,
    },
    /// A password is needed.
    #[error("it is encrypted; save it without a password")]
    Encrypted,
    /// It has pictures of text, or nothing at all.
    #[error("it holds no text; what was scanned has to be run through text recognition first")]
    NoText,
    /// The bytes are no text in any encoding.
    #[error("its characters cannot be read; save it as UTF-8")]
    Charset,
    /// A limit was reached.
    #[error("it is too large: {message}")]
    TooLarge {
        /// Which limit.
        message: String,
    },
    /// The table's heading names no titles or no texts.
    #[error(
        "its first row names no columns that are known: title or question, and content or answer"
    )]
    Columns,
    /// An archive within an archive.
    #[error("archives within archives are not opened")]
    Nested,
    /// A path that leads out of the archive.
    #[error("its path leads out of the archive")]
    Outside,
    /// Another one of this name was taken.
    #[error("another one of the same name was taken already")]
    SameName,
    /// The reader needed too much time or memory, or fell.
    #[error("its reader was stopped: {message}")]
    Stopped {
        /// Why.
        message: String,
    },
    /// The file cannot be opened.
    #[error("it cannot be opened: {message}")]
    Unreadable {
        /// What the system said.
        message: String,
    },
    /// The database did not take it.
    #[error("the database refused it: {message}")]
    Refused {
        /// What it said.
        message: String,
    },
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::UnknownKind => "unknown_kind",
            Refusal::Damaged { .. } => "damaged",
            Refusal::Encrypted => "encrypted",
            Refusal::NoText => "no_text",
            Refusal::Charset => "charset",
            Refusal::TooLarge { .. } => "too_large",
            Refusal::Columns => "columns",
            Refusal::Nested => "nested",
            Refusal::Outside => "outside",
            Refusal::SameName => "same_name",
            Refusal::Stopped { .. } => "stopped",
            Refusal::Unreadable { .. } => "unreadable",
            Refusal::Refused { .. } => "refused",
        }
    }

    pub(crate) fn damaged(message: impl ToString) -> Refusal {
        Refusal::Damaged {
            message: message.to_string().chars().take(300).collect(),
        }
    }

    pub(crate) fn too_large(message: impl ToString) -> Refusal {
        Refusal::TooLarge {
            message: message.to_string(),
        }
    }
}

/// An article that a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Its path below the file's own, for a part of one: `#row title` or `/folder/page.md`; empty where the file is the article.
    pub part: String,
    /// Its heading.
    pub title: String,
    /// Its text, as Markdown.
    pub content: String,
    /// Its category with those above it, outermost first, where the file names one.
    pub category: Vec<String>,
    /// Its language, where the file names one.
    pub language: Option<String>,
    /// SHA-256 of what it was read from, in hexadecimal digits.
    pub checksum: String,
}

/// A part of a file that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// As [`Article::part`].
    pub part: String,
    /// Why.
    pub reason: Refusal,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Its articles.
    pub articles: Vec<Article>,
    /// What was not taken of it.
    pub refused: Vec<Refused>,
}

/// The checksum of what an article is read from.
pub fn checksum(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    hash.update(EDITION);
    hash.update(bytes);
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Reads a file.
///
/// # Errors
/// When nothing of it can be taken. What a part of it was refused for is in the reading.
pub fn read(name: &str, bytes: &[u8]) -> Result<Reading, Refusal> {
    match Kind::of(name).ok_or(Refusal::UnknownKind)? {
        Kind::Table => table::read(name, bytes),
        Kind::Archive => archive::read(bytes),
        _ => Ok(Reading {
            articles: vec![read_single(name, bytes)?],
            refused: Vec::new(),
        }),
    }
}

/// Reads a file that is one article.
fn read_single(name: &str, bytes: &[u8]) -> Result<Article, Refusal> {
    let draft = match Kind::of(name).ok_or(Refusal::UnknownKind)? {
        Kind::Pdf => pdf::read(bytes)?,
        Kind::Docx => docx::read(bytes)?,
        Kind::Html => html::read(bytes)?,
        Kind::Markdown => markdown::read(&text::decode(bytes)?),
        Kind::Text => Draft {
            title: None,
            content: text::escape(&text::decode(bytes)?),
        },
        Kind::Table | Kind::Archive => return Err(Refusal::Nested),
    };
    let content = draft.content.trim();
    if content
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .count()
        < 3
    {
        return Err(Refusal::NoText);
    }
    if content.len() > LONGEST_TEXT {
        return Err(Refusal::too_large(format!(
            "an article has {} MB of text at most",
            LONGEST_TEXT / 1024 / 1024
        )));
    }
    Ok(Article {
        title: text::title(draft.title.as_deref()).unwrap_or_else(|| text::title_of_file(name)),
        content: text::storable(content),
        checksum: checksum(bytes),
        ..Article::default()
    })
}

/// What a reader finds.
#[derive(Debug, Default)]
struct Draft {
    title: Option<String>,
    content: String,
}

#[cfg(test)]
mod tests;
