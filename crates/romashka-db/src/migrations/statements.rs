//! Splits a migration into its statements, as psql would.
//!
//! Invariant: the texts of the statements, with what stands between them, are the file; nothing is
//! rewritten. Strings, quoted names, dollar quotes, nested comments, parentheses and SQL-standard
//! function bodies (`begin atomic … end`) never end a statement.

/// One statement of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its text without leading comments and without the semicolon.
    pub text: String,
    /// Where it begins: the line in the file, from 1.
    pub line: usize,
    /// Its words, names and symbols; unquoted ones in lower case, literals as `'…'`.
    pub words: Vec<String>,
}

impl Statement {
    /// Whether the first words are these.
    pub fn starts_with(&self, words: &[&str]) -> bool {
        self.words.len() >= words.len()
            && self
                .words
                .iter()
                .zip(words)
                .all(|(found, wanted)| found == wanted)
    }
}

/// The statements of `sql`, in order. What an unfinished last statement holds is one statement too:
/// the server reports it better than a guess here would.
pub fn split(sql: &str) -> Vec<Statement> {
    Splitter {
        sql,
        at: 0,
        line: 1,
    }
    .collect()
}

struct Splitter<'sql> {
    sql: &'sql str,
    at: usize,
    line: usize,
}

/// What the scanner meets.
enum Token<'sql> {
    /// White space or a comment.
    Gap,
    /// A word, a number, a quoted name.
    Word(&'sql str),
    /// A string in whatever quotes.
    Literal,
    /// Any other character.
    Symbol(char),
}

impl<'sql> Splitter<'sql> {
    fn rest(&self) -> &'sql str {
        &self.sql[self.at..]
    }

    fn advance(&mut self, bytes: usize) -> &'sql str {
        let taken = &self.sql[self.at..self.at + bytes];
        self.line += taken.bytes().filter(|byte| *byte == b'\n').count();
        self.at += bytes;
        taken
    }

    /// Takes everything up to and with the first `end` found after `from` bytes, or the whole rest.
    fn advance_past(&mut self, from: usize, end: &str) -> &'sql str {
        let rest = self.rest();
        let length = rest
            .get(from..)
            .and_then(|tail| tail.find(end))
            .map_or(rest.len(), |found| from + found + end.len());
        self.advance(length)
    }

    fn token(&mut self) -> Option<Token<'sql>> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if first.is_whitespace() {
            self.advance(rest.len() - rest.trim_start().len());
            return Some(Token::Gap);
        }
        if rest.starts_with("--") {
            self.advance_past(0, "\n");
            return Some(Token::Gap);
        }
        if rest.starts_with("/*") {
            self.block_comment();
            return Some(Token::Gap);
        }
        if first == '\'' {
            self.quoted('\'', false);
            return Some(Token::Literal);
        }
        if first == '"' {
            let start = self.at;
            self.quoted('"', false);
            return Some(Token::Word(&self.sql[start..self.at]));
        }
        if first == '$' {
            if let Some(tag) = dollar_tag(rest) {
                self.advance_past(tag.len(), tag);
                return Some(Token::Literal);
            }
            self.advance(1);
            return Some(Token::Symbol('$'));
        }
        if first.is_alphanumeric() || first == '_' {
            let length = rest
                .find(|character: char| {
                    !(character.is_alphanumeric() || character == '_' || character == '$')
                })
                .unwrap_or(rest.len());
            let word = self.advance(length);
            if self.rest().starts_with('\'')
                && matches!(word, "e" | "E" | "b" | "B" | "x" | "X" | "n" | "N")
            {
                self.quoted('\'', matches!(word, "e" | "E"));
                return Some(Token::Literal);
            }
            return Some(Token::Word(word));
        }
        self.advance(first.len_utf8());
        Some(Token::Symbol(first))
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        let mut length = 0;
        let rest = self.rest();
        loop {
            let tail = &rest[length..];
            if tail.starts_with("/*") {
                depth += 1;
                length += 2;
            } else if tail.starts_with("*/") {
                depth -= 1;
                length += 2;
                if depth == 0 {
                    break;
                }
            } else if let Some(character) = tail.chars().next() {
                length += character.len_utf8();
            } else {
                break;
            }
        }
        self.advance(length);
    }

    fn quoted(&mut self, quote: char, backslashes: bool) {
        let rest = self.rest();
        let mut characters = rest.char_indices().skip(1).peekable();
        let mut length = rest.len();
        while let Some((at, character)) = characters.next() {
            if backslashes && character == '\\' {
                characters.next();
            } else if character == quote {
                if characters.peek().is_some_and(|(_, next)| *next == quote) {
                    characters.next();
                } else {
                    length = at + quote.len_utf8();
                    break;
                }
            }
        }
        self.advance(length);
    }
}

/// The opening tag of a dollar-quoted string, `$$` or `$name$`, that `text` begins with.
fn dollar_tag(text: &str) -> Option<&str> {
    let name = &text[1..];
    let length = name.find(|character: char| !(character.is_alphanumeric() || character == '_'))?;
    let valid = name[length..].starts_with('$')
        && !name.starts_with(|character: char| character.is_ascii_digit());
    valid.then(|| &text[..length + 2])
}

impl Iterator for Splitter<'_> {
    type Item = Statement;

    fn next(&mut self) -> Option<Statement> {
        let (mut start, mut line) = (self.at, self.line);
        let mut words: Vec<String> = Vec::new();
        let (mut depth, mut atomic) = (0_usize, 0_usize);
        loop {
            let end = self.at;
            let Some(token) = self.token() else {
                if words.is_empty() {
                    return None;
                }
                return Some(Statement {
                    text: self.sql[start..].trim_end().to_owned(),
                    line,
                    words,
                });
            };
            match token {
                Token::Gap => {
                    if words.is_empty() {
                        (start, line) = (self.at, self.line);
                    }
                }
                Token::Symbol(';') if depth == 0 && atomic == 0 => {
                    if words.is_empty() {
                        (start, line) = (self.at, self.line);
                        continue;
                    }
                    return Some(Statement {
                        text: self.sql[start..end].trim_end().to_owned(),
                        line,
                        words,
                    });
                }
                Token::Symbol(symbol) => {
                    match symbol {
                        '(' | '[' => depth += 1,
                        ')' | ']' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    words.push(symbol.to_string());
                }
                Token::Literal => words.push("'…'".to_owned()),
                Token::Word(word) => {
                    let word = if word.starts_with('"') {
                        word.to_owned()
                    } else {
                        word.to_lowercase()
                    };
                    match word.as_str() {
                        "atomic" if words.last().is_some_and(|last| last == "begin") => atomic += 1,
                        // Within such a body only `case … end` nests.
                        "case" if atomic > 0 => atomic += 1,
                        "end" if atomic > 0 => atomic -= 1,
                        _ => {}
                    }
                    words.push(word);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(sql: &str) -> Vec<String> {
        split(sql)
            .into_iter()
            .map(|statement| statement.text)
            .collect()
    }

    #[test]
    fn semicolons_inside_something_do_not_count() {
        for statement in [
            "select ';'",
            "select 'it''s; here'",
            r"select e'\';'",
            r#"select ";" from "a""b;c""#,
            "do $$ begin null; end $$",
            "do $body$ begin perform $$;$$; end $body$",
            "select /* ; /* nested; */ ; */ 1",
            "select 1 -- ; not here\n + 1",
            "create rule r as on insert to t do also (select 1; select 2)",
            "create function f() returns int language sql begin atomic select case when true then 1 end; select 2; end",
            "select $1, a$b from t",
        ] {
            let sql = format!("{statement};\nselect 2;");
            assert_eq!(texts(&sql), [statement, "select 2"], "{sql}");
        }
    }

    #[test]
    fn lines_count_from_the_statement_itself() {
        let lines: Vec<usize> =
            split("-- header\n\nselect 1;\n/* two\nlines */ select\n2;;\n select 3")
                .iter()
                .map(|s| s.line)
                .collect();
        assert_eq!(lines, [3, 5, 7]);
    }

    #[test]
    fn words_are_normalised() {
        let statement = &split("CREATE Index \"Ab\" on t ('x', $$y$$)")[0];
        assert_eq!(
            statement.words.join(" "),
            "create index \"Ab\" on t ( '…' , '…' )"
        );
        assert!(statement.starts_with(&["create", "index"]));
    }

    #[test]
    fn comments_alone_are_no_statement() {
        assert!(split("-- nothing\n/* at all */ ;\n").is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_split_without_panic_and_in_order(sql in "[a-z'\"$;()\\-/* \n\\\\é]{0,80}") {
            let mut from = 0;
            for statement in split(&sql) {
                let at = sql[from..].find(&statement.text);
                prop_assert!(at.is_some());
                from += at.unwrap_or(0) + statement.text.len();
            }
        }
    }
}
