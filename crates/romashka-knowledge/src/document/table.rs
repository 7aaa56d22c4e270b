//! Tables: each row is an article, or a question with its answer.

use std::collections::HashMap;

use super::{Article, LONGEST_TEXT, MOST_ARTICLES, Reading, Refusal, Refused, checksum, text};

/// The names of a column.
const TITLE: &[&str] = &["title", "question", "heading", "name"];
const CONTENT: &[&str] = &["content", "answer", "text", "body"];
const CATEGORY: &[&str] = &["category", "topic", "folder"];
const LANGUAGE: &[&str] = &["language", "lang", "locale"];

pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Reading, Refusal> {
    let table = text::decode(bytes)?;
    let first = table.lines().next().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(name, first))
        .flexible(true)
        .from_reader(table.as_bytes());
    let heading = reader.headers().map_err(Refusal::damaged)?;
    let column = |names: &[&str]| {
        heading
            .iter()
            .position(|column| names.contains(&column.trim().to_lowercase().as_str()))
    };
    let (Some(title), Some(content)) = (column(TITLE), column(CONTENT)) else {
        return Err(Refusal::Columns);
    };
    let (category, language) = (column(CATEGORY), column(LANGUAGE));
    let mut reading = Reading::default();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (number, row) in reader.records().enumerate() {
        if number >= MOST_ARTICLES {
            // Of the whole table: what was known of it and is not reached is not gone.
            reading.refused.push(Refused {
                part: String::new(),
                reason: Refusal::too_large(format!("a table has {MOST_ARTICLES} rows at most")),
            });
            break;
        }
        let place = || format!("#row {}", number + 2);
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                // Which row it was nobody knows: the error names the line.
                reading.refused.push(Refused {
                    part: String::new(),
                    reason: Refusal::damaged(error),
                });
                continue;
            }
        };
        let cell = |column: usize| row.get(column).unwrap_or_default().trim();
        let Some(heading) = text::title(row.get(title)) else {
            reading.refused.push(Refused {
                part: place(),
                reason: Refusal::NoText,
            });
            continue;
        };
        // A row is known by its title; the second of the same title by its number.
        let count = seen.entry(heading.to_lowercase()).or_default();
        *count += 1;
        let part = match count {
            1 => format!("#{heading}"),
            count => format!("#{heading} ({count})"),
        };
        let answer = cell(content);
        if answer.is_empty() || answer.len() > LONGEST_TEXT {
            reading.refused.push(Refused {
                part,
                reason: if answer.is_empty() {
                    Refusal::NoText
                } else {
                    Refusal::too_large("a cell's text is too long")
                },
            });
            continue;
        }
        reading.articles.push(Article {
            part,
            title: heading,
            content: text::storable(answer),
            category: category
                .map(|column| super::archive::folders(cell(column)))
                .unwrap_or_default(),
            language: language
                .map(cell)
                .filter(|tag| (2..=35).contains(&tag.len()))
                .map(str::to_owned),
            checksum: checksum(row.iter().collect::<Vec<_>>().join("\u{1f}").as_bytes()),
        });
    }
    if reading.articles.is_empty() && reading.refused.is_empty() {
        return Err(Refusal::NoText);
    }
    Ok(reading)
}

/// By the name, else whichever stands most often in the heading.
fn separator(name: &str, heading: &str) -> u8 {
    if name.to_ascii_lowercase().ends_with(".tsv") {
        return b'\t';
    }
    let count = |separator: u8| heading.bytes().filter(|byte| *byte == separator).count();
    [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(|separator| count(*separator))
        .unwrap_or(b',')
}
