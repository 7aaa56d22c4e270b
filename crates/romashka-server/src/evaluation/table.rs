//! Questions out of a table of comma-separated values.

use std::fmt;

/// The columns, and other names of theirs.
const QUESTION: &[&str] = &["question"];
const ARTICLE: &[&str] = &["expected_article", "article"];
const FACTS: &[&str] = &["expected_facts", "facts"];
const REFUSE: &[&str] = &["must_refuse", "refuse"];
const NOTE: &[&str] = &["note", "comment"];

/// A question of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// The line of the file, for what is said about it.
    pub line: u64,
    /// The question.
    pub question: String,
    /// The expected article, by its id, its title or the path of its file.
    pub article: Option<String>,
    /// The expected facts.
    pub facts: Vec<String>,
    /// Whether it must not be answered.
    pub must_refuse: bool,
    /// Why it is asked.
    pub note: Option<String>,
}

/// Why a table cannot be read.
#[derive(Debug)]
pub enum TableError {
    /// No column of questions, or none of what is expected.
    Columns,
    /// A row that is not as it has to be.
    Row {
        /// Its line.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// No table at all.
    Damaged(csv::Error),
}

impl fmt::Display for TableError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableError::Columns => formatter.write_str(
                "the table needs a column `question`, and at least one of `expected_article`, `expected_facts` and `must_refuse`",
            ),
            TableError::Row { line, what } => write!(formatter, "line {line}: {what}"),
            TableError::Damaged(_) => formatter.write_str("the table cannot be read"),
        }
    }
}

impl std::error::Error for TableError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TableError::Damaged(error) => Some(error),
            _ => None,
        }
    }
}

/// Reads all of it, or says what is wrong with the first row that is not as it has to be. Facts are separated by `|`.
///
/// # Errors
/// Columns that are missing, a row without a question or without anything expected, a table that is none.
pub fn read_table(text: &str) -> Result<Vec<TableRow>, TableError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let heading = reader.headers().map_err(TableError::Damaged)?;
    let column = |names: &[&str]| {
        heading
            .iter()
            .position(|column| names.contains(&column.trim().to_lowercase().as_str()))
    };
    let (article, facts, refuse, note) =
        (column(ARTICLE), column(FACTS), column(REFUSE), column(NOTE));
    let Some(question) = column(QUESTION) else {
        return Err(TableError::Columns);
    };
    if article.is_none() && facts.is_none() && refuse.is_none() {
        return Err(TableError::Columns);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(TableError::Damaged)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |column: Option<usize>| {
            column
                .and_then(|column| record.get(column))
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
        };
        let wrong = |what: String| TableError::Row { line, what };
        let Some(asked) = cell(Some(question)) else {
            return Err(wrong("there is no question".to_owned()));
        };
        if asked.chars().count() > 1000 {
            return Err(wrong("a question has 1000 characters at most".to_owned()));
        }
        let row = TableRow {
            line,
            question: asked.to_owned(),
            article: cell(article).map(str::to_owned),
            facts: cell(facts)
                .into_iter()
                .flat_map(|facts| facts.split('|'))
                .map(str::trim)
                .filter(|fact| !fact.is_empty())
                .map(str::to_owned)
                .collect(),
            must_refuse: match cell(refuse).map(str::to_lowercase).as_deref() {
                None | Some("false" | "no" | "0") => false,
                Some("true" | "yes" | "1") => true,
                Some(other) => {
                    return Err(wrong(format!(
                        "must_refuse is yes or no, and not “{other}”"
                    )));
                }
            },
            note: cell(note).map(str::to_owned),
        };
        let expects = row.article.is_some() || !row.facts.is_empty();
        if row.must_refuse == expects {
            return Err(wrong(if expects {
                "what must be refused has no article and no facts".to_owned()
            } else {
                "nothing is expected: name an article or facts, or say that it must be refused"
                    .to_owned()
            }));
        }
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_read_with_what_is_expected() {
        let rows = read_table(
            "\u{feff}Question,expected_article,expected_facts,must_refuse\n\"How long, please?\",Refunds,five days | card,\nA lawyer?,,,yes\n",
        )
        .expect("rows");
        assert_eq!(rows[0].question, "How long, please?");
        assert_eq!(rows[0].article.as_deref(), Some("Refunds"));
        assert_eq!(rows[0].facts, ["five days", "card"]);
        assert!(!rows[0].must_refuse && rows[1].must_refuse);
        assert_eq!(rows[1].line, 3);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        for (table, said) in [
            ("title\nx\n", "needs a column"),
            ("question\nx\n", "needs a column"),
            ("question,facts\nx,\n", "line 2: nothing is expected"),
            (
                "question,facts,refuse\nx,a,yes\n",
                "line 2: what must be refused",
            ),
            ("question,refuse\nx,maybe\n", "maybe"),
            ("question,facts\n,a\n", "line 2: there is no question"),
        ] {
            let error = read_table(table).expect_err(table).to_string();
            assert!(error.contains(said), "{table}: {error}");
        }
    }
}
