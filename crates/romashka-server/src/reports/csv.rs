//! Tables as comma-separated values (RFC 4180).
//!
//! Invariant: a cell never begins with what a spreadsheet would take for a formula: what is text is given a quote before it.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// The media type.
pub const MEDIA_TYPE: &str = "text/csv";

/// Whether the caller wants a table rather than JSON.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| {
            accepted.split(',').any(|part| {
                let kind = part.split(';').next().unwrap_or_default().trim();
                kind.eq_ignore_ascii_case(MEDIA_TYPE)
            })
        })
}

/// A table in the making.
#[derive(Debug)]
pub struct Table(String);

impl Table {
    /// A table with this heading.
    pub fn new(columns: &[&str]) -> Table {
        Table(format!("{}\r\n", columns.join(",")))
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[String]) {
        for (number, cell) in cells.iter().enumerate() {
            if number > 0 {
                self.0.push(',');
            }
            self.cell(cell);
        }
        self.0.push_str("\r\n");
    }

    /// The bytes of the table.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    fn cell(&mut self, cell: &str) {
        let is_number = cell.parse::<f64>().is_ok();
        let is_formula = !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let needs_quotes = cell.contains([',', '"', '\r', '\n']);
        if needs_quotes {
            self.0.push('"');
        }
        if is_formula {
            self.0.push('\'');
        }
        self.0.push_str(&cell.replace('"', "\"\""));
        if needs_quotes {
            self.0.push('"');
        }
    }
}

impl IntoResponse for Table {
    fn into_response(self) -> Response {
        (
            [
                (
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("text/csv; charset=utf-8"),
                ),
                (header::VARY, HeaderValue::from_static("accept")),
            ],
            self.0,
        )
            .into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let mut table = Table::new(&["a", "b"]);
        let row = ["-1.5", "=1+1", "a,\"b\"\n", "@x,y"];
        table.row(&row.map(str::to_owned));
        assert_eq!(table.0, "a,b\r\n-1.5,'=1+1,\"a,\"\"b\"\"\n\",\"'@x,y\"\r\n");
    }
}
