//! A report as a file. Pure: a table in, bytes out.

mod pdf;
mod workbook;

use crate::reports::csv;

use super::ReportFormat;
use super::table::{Cell, Table};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The library of workbooks.
    #[error("the workbook cannot be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The library of PDF.
    #[error("the PDF cannot be written: {0}")]
    Pdf(String),
}

/// The bytes of the report's file. Takes time of the processor, and is for a thread that may be kept.
pub fn render(table: &Table, format: ReportFormat) -> Result<Vec<u8>, RenderError> {
    match format {
        ReportFormat::Csv => Ok(comma_separated(table)),
        ReportFormat::Excel => workbook::render(table),
        ReportFormat::Pdf => pdf::render(table),
    }
}

/// The same names and values as the API's.
fn comma_separated(table: &Table) -> Vec<u8> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.key).collect();
    let mut lines = csv::Table::new(&names);
    for row in &table.rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| match cell {
                Cell::Empty => String::new(),
                Cell::Date(day) => day.to_string(),
                Cell::Text(text) => text.clone(),
                Cell::Number(number) => number.to_string(),
            })
            .collect();
        lines.row(&cells);
    }
    lines.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::Cut;
    use crate::scheduled_reports::ReportType;
    use crate::scheduled_reports::columns::{self, Form, Language};
    use crate::scheduled_reports::table::Summary;

    /// A report of so many rows.
    fn sample(language: Language, report: ReportType, rows: usize) -> Table {
        let columns = columns::of(report, Cut::Agent, &[]);
        let people = ["Анна Вебер", "Jürgen Groß", "=HYPERLINK(\"x\")", "Ελένη"];
        let first: jiff::civil::Date = "2026-01-01".parse().expect("a day");
        let row = |number: usize| {
            columns
                .iter()
                .map(|column| match column.form {
                    Form::Date => Cell::Date(
                        first.saturating_add(jiff::Span::new().days((number % 31) as i64)),
                    ),
                    Form::Text => Cell::Text(people[number % people.len()].to_owned()),
                    Form::Seconds if number % 7 == 3 => Cell::Empty,
                    Form::Seconds => Cell::Number((number * 997 % 90_000) as f64),
                    Form::Share => Cell::Number(0.125),
                    Form::Decimal => Cell::Number(4.5),
                    Form::Count => Cell::Number((number % 100) as f64),
                })
                .collect()
        };
        Table {
            workspace: "Ромашка & Söhne".to_owned(),
            name: "Отчёт: Weekly performance".to_owned(),
            days: (first, "2026-01-31".parse().expect("a day")),
            zone: "Europe/Berlin".to_owned(),
            language,
            rows: (0..rows).map(row).collect(),
            columns,
            conversations: 4_242,
            first_answers: Summary {
                count: 4_000,
                seconds: [Some(60), Some(3_700), Some(90_000)],
            },
            solutions: Summary {
                count: 0,
                seconds: [None, None, None],
            },
        }
    }

    #[test]
    fn comma_separated_values_are_the_apis_and_no_formula() {
        let table = sample(Language::German, ReportType::Satisfaction, 3);
        let text =
            String::from_utf8(render(&table, ReportFormat::Csv).expect("a file")).expect("text");
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(
            lines[0],
            "date,agent_id,total_conversations,resolved_conversations,reopened_conversations,total_ratings,avg_satisfaction_score,handoff_rate"
        );
        assert_eq!(lines[1], "2026-01-01,Анна Вебер,0,0,0,0,4.5,0.125");
        assert!(
            lines[3].contains("\"'=HYPERLINK(\"\"x\"\")\""),
            "{}",
            lines[3]
        );
    }

    /// With `ROMASHKA_SAMPLES` the files are also written into that folder, to be looked at.
    #[test]
    fn every_form_is_written_in_every_language() {
        let folder = std::env::var_os("ROMASHKA_SAMPLES").map(std::path::PathBuf::from);
        for (language, report, rows) in [
            (Language::Russian, ReportType::Performance, 60),
            (Language::German, ReportType::AiAnalytics, 5),
            (Language::English, ReportType::Custom, 0),
        ] {
            let table = sample(language, report, rows);
            for (format, beginning, end) in [
                (ReportFormat::Pdf, &b"%PDF-1."[..], &b"%%EOF"[..]),
                (ReportFormat::Excel, b"PK\x03\x04", b""),
                (ReportFormat::Csv, b"date,agent_id,", b"\r\n"),
            ] {
                let bytes = render(&table, format).expect("a file");
                assert!(bytes.starts_with(beginning), "{format:?}");
                assert!(
                    bytes.trim_ascii_end().ends_with(end.trim_ascii_end()),
                    "{format:?}"
                );
                assert!(
                    bytes.len() < 100_000,
                    "fonts are cut to their letters: {}",
                    bytes.len()
                );
                if let Some(folder) = &folder {
                    let name = format!("{}.{}", language.tag(), format.ending());
                    std::fs::write(folder.join(name), bytes).expect("written");
                }
            }
        }
    }
}
