//! What a report says, before it has the form of a file.

use jiff::civil::Date;
use serde_json::Value;

use super::columns::{Column, Form, Language};

/// A figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// There is none.
    Empty,
    /// A day.
    Date(Date),
    /// Words.
    Text(String),
    /// A number.
    Number(f64),
}

impl Cell {
    /// A value of a row, as the API shows it.
    pub fn of(value: &Value, form: Form) -> Cell {
        match (value, form) {
            (Value::String(text), Form::Date) => text
                .parse()
                .map_or_else(|_| Cell::Text(text.clone()), Cell::Date),
            (Value::String(text), _) => Cell::Text(text.clone()),
            (Value::Number(number), _) => number.as_f64().map_or(Cell::Empty, Cell::Number),
            _ => Cell::Empty,
        }
    }
}

/// Half, 90 and 95 % of something came within so many seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many there were.
    pub count: i64,
    /// The seconds.
    pub seconds: [Option<i32>; 3],
}

/// A report.
#[derive(Clone, Debug)]
pub struct Table {
    /// The workspace.
    pub workspace: String,
    /// The report's name.
    pub name: String,
    /// First and last day.
    pub days: (Date, Date),
    /// The zone in which the days are days.
    pub zone: String,
    /// The language of headings.
    pub language: Language,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// How many conversations began in the whole time.
    pub conversations: i64,
    /// First answers of the whole time; percentiles of days cannot be added up.
    pub first_answers: Summary,
    /// Solutions of the whole time.
    pub solutions: Summary,
}

/// Seconds as people read them.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as i64;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes) = (rest / 3_600, rest % 3_600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours}:{minutes:02} h"),
        _ => format!("{days} d {hours} h"),
    }
}

impl Table {
    /// A cell as people read it.
    pub fn words(&self, cell: &Cell, form: Form) -> String {
        let decimal = |text: String| match self.language {
            Language::English => text,
            _ => text.replace('.', ","),
        };
        match (cell, form) {
            (Cell::Empty, _) => "–".to_owned(),
            (Cell::Date(day), _) => self.day(*day),
            (Cell::Text(text), _) => text.clone(),
            (Cell::Number(number), Form::Seconds) => duration(*number),
            (Cell::Number(number), Form::Decimal) => decimal(format!("{number:.2}")),
            (Cell::Number(number), Form::Share) => decimal(format!("{:.1} %", number * 100.0)),
            (Cell::Number(number), _) => format!("{number:.0}"),
        }
    }

    /// A day in the language's form.
    pub fn day(&self, day: Date) -> String {
        match self.language {
            Language::English => day.to_string(),
            _ => format!("{:02}.{:02}.{}", day.day(), day.month(), day.year()),
        }
    }

    /// The days the report tells of.
    pub fn days_in_words(&self) -> String {
        let (first, last) = self.days;
        if first == last {
            self.day(first)
        } else {
            format!("{} – {}", self.day(first), self.day(last))
        }
    }

    /// The sums of the columns that may be added up; nothing in the others.
    pub fn totals(&self) -> Vec<Cell> {
        self.columns
            .iter()
            .enumerate()
            .map(|(place, column)| match column.form {
                Form::Count => Cell::Number(
                    self.rows
                        .iter()
                        .filter_map(|row| match row[place] {
                            Cell::Number(number) => Some(number),
                            _ => None,
                        })
                        .sum(),
                ),
                _ => Cell::Empty,
            })
            .collect()
    }

    /// What is said of the whole time: a label and its words.
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        let percentiles = |summary: &Summary| {
            let parts: Vec<String> = ["50", "90", "95"]
                .iter()
                .zip(summary.seconds)
                .filter_map(|(share, seconds)| {
                    seconds.map(|seconds| format!("{share} % ≤ {}", duration(seconds.into())))
                })
                .collect();
            if parts.is_empty() {
                "–".to_owned()
            } else {
                format!("{} ({})", parts.join(" · "), summary.count)
            }
        };
        vec![
            (
                self.language
                    .choose(["Conversations", "Gespräche", "Диалоги"]),
                self.conversations.to_string(),
            ),
            (
                self.language
                    .choose(["First answer", "Erste Antwort", "Первый ответ"]),
                percentiles(&self.first_answers),
            ),
            (
                self.language.choose(["Resolution", "Lösung", "Решение"]),
                percentiles(&self.solutions),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_for_people() {
        for (seconds, words) in [
            (0.0, "0 s"),
            (59.4, "59 s"),
            (61.0, "1 min"),
            (3_600.0, "1:00 h"),
            (5_460.0, "1:31 h"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}
