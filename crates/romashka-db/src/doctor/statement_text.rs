//! Statements shortened to a line, without what people wrote into them.
//!
//! Invariant: no literal survives, be it a string in any quotes, a number, or a comment; a statement that the server cut off
//! in the middle of a string is cut off before it.

use crate::migrations::split;

/// The most characters of a shortened statement.
const LONGEST: usize = 120;

/// One line of at most 120 characters: strings and numbers as `?`, parameters as they are, no comments.
pub(super) fn shorten(sql: &str) -> String {
    let mut text = String::new();
    let words: Vec<String> = split(sql)
        .into_iter()
        .flat_map(|statement| statement.words.into_iter().chain([";".to_owned()]))
        .collect();
    let mut before = "";
    for word in words.iter().take(words.len().saturating_sub(1)) {
        let shown = if word.starts_with('\'')
            || word.starts_with(|first: char| first.is_ascii_digit()) && before != "$"
        {
            "?"
        } else {
            word
        };
        let tight = text.is_empty()
            || matches!(shown, "," | ")" | "]" | "." | ";" | "[")
            || matches!(before, "(" | "." | "[" | "$")
            || shown == "(" && is_word(before)
            || is_operator(before) && is_operator(shown)
            || [before, shown].contains(&":");
        if !tight {
            text.push(' ');
        }
        text.push_str(shown);
        before = shown;
        if text.chars().count() > LONGEST {
            break;
        }
    }
    if text.chars().count() > LONGEST {
        text = text.chars().take(LONGEST - 1).collect();
        text.push('…');
    }
    text
}

fn is_word(text: &str) -> bool {
    // Keywords before a parenthesis keep their space.
    text.chars()
        .all(|character| character.is_alphanumeric() || character == '_' || character == '"')
        && !matches!(
            text,
            "and"
                | "or"
                | "in"
                | "as"
                | "on"
                | "from"
                | "where"
                | "values"
                | "select"
                | "not"
                | "when"
                | "then"
                | "join"
                | "using"
        )
}

fn is_operator(text: &str) -> bool {
    text.chars()
        .all(|character| "<>=!~@#%^&|+-/*".contains(character))
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn a_statement_keeps_its_shape() {
        assert_eq!(
            shorten(
                "SELECT c.id,\n  count(*)\nFROM public.conversations AS c -- all of them\nWHERE c.status = $1 AND c.n >= 10"
            ),
            "select c.id, count(*) from public.conversations as c where c.status = $1 and c.n >= ?"
        );
        assert_eq!(shorten("select x::text from t;"), "select x::text from t");
    }

    #[test]
    fn nothing_that_people_wrote_survives() {
        for sql in [
            "alter role ann password 'secret'",
            "alter role ann password E'se\\'secret'",
            "alter role ann password $a$secret$a$",
            "select 1 /* secret */",
            "select 1 -- secret",
            "update t set a = 'cut off in the secret",
            "select U&'secret'",
            "select 79927398713secret",
        ] {
            let text = shorten(sql);
            assert!(!text.contains("secret"), "{text}");
        }
        assert_eq!(
            shorten("select * from t where card = 4111111111111111"),
            "select * from t where card = ?"
        );
    }

    #[test]
    fn long_ones_are_cut() {
        let text = shorten(&format!("select {}", "column_name, ".repeat(50)));
        assert_eq!(text.chars().count(), 120);
        assert!(text.ends_with('…'));
    }
}
