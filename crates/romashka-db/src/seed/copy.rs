//! Rows in COPY's text format.
//!
//! Invariant: what was given as text arrives as that text, whatever characters it holds.

use std::fmt::{Display, Write};

use jiff::Timestamp;
use uuid::Uuid;

/// Rows that are being written, column by column.
#[derive(Debug, Default)]
pub(super) struct Rows(String);

impl Rows {
    fn column(&mut self, write: impl FnOnce(&mut String)) -> &mut Self {
        if !self.0.is_empty() && !self.0.ends_with('\n') {
            self.0.push('\t');
        }
        write(&mut self.0);
        self
    }

    pub(super) fn id(&mut self, id: Uuid) -> &mut Self {
        self.column(|row| {
            let _ = write!(row, "{}", id.hyphenated());
        })
    }

    pub(super) fn optional_id(&mut self, id: Option<Uuid>) -> &mut Self {
        self.optional(id)
    }

    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        self.column(|row| {
            let _ = write!(row, "{number}");
        })
    }

    /// Something that prints without backslashes, tabs and line breaks.
    pub(super) fn optional(&mut self, value: Option<impl Display>) -> &mut Self {
        self.column(|row| match value {
            Some(value) => {
                let _ = write!(row, "{value}");
            }
            None => row.push_str("\\N"),
        })
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.column(|row| {
            for character in text.chars() {
                match character {
                    '\\' => row.push_str("\\\\"),
                    '\t' => row.push_str("\\t"),
                    '\n' => row.push_str("\\n"),
                    '\r' => row.push_str("\\r"),
                    _ => row.push(character),
                }
            }
        })
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.optional(None::<&str>),
        }
    }

    /// A moment in microseconds since 1970.
    pub(super) fn time(&mut self, microseconds: i64) -> &mut Self {
        self.optional_time(Some(microseconds))
    }

    pub(super) fn optional_time(&mut self, microseconds: Option<i64>) -> &mut Self {
        self.optional(
            microseconds.map(|at| Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH)),
        )
    }

    /// Ends the row.
    pub(super) fn end(&mut self) {
        self.0.push('\n');
    }

    /// All rows, to be sent.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped_and_empty_is_not_null() {
        let mut rows = Rows::default();
        rows.number(1).text("a\tb\\n\r\n").optional_text(None).end();
        rows.number(2).text("").optional_time(Some(0)).end();
        let written = String::from_utf8(rows.into_bytes()).expect("UTF-8");
        assert_eq!(
            written,
            "1\ta\\tb\\\\n\\r\\n\t\\N\n2\t\t1970-01-01T00:00:00Z\n"
        );
    }
}
