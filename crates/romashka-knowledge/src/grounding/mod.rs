//! Whether what a language model wrote says nothing but what the passages say that it was given.
//!
//! Invariants: each sentence names passages that were given, and is measured against those alone. Figures with their units, links, addresses, telephone
//! numbers, names and promises have to stand in them; a sentence says no where they say no, and nowhere else; its words are mostly theirs. What cannot
//! be told is refused: the caller has the passage's own words to fall back on.
//!
//! The rules are those of English text, the language the passages are written in.

mod evidence;
mod vocabulary;

#[cfg(test)]
mod tests;

use self::evidence::Evidence;
use crate::sentence::sentences;

/// Characters of an answer at most.
pub const LONGEST: usize = 1500;
/// What a model writes where the passages do not answer.
pub const DECLINED: &str = "NONE";

/// A passage that was given, by its number from 1.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The heading of its article.
    pub title: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// An answer that says what its passages say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grounded {
    /// The answer without the numbers of the passages.
    pub text: String,
    /// The numbers of the passages, from 1, in the order they were first named.
    pub cited: Vec<usize>,
}

/// Why an answer is not given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ungrounded {
    /// The passages do not answer, it says.
    #[error("declined: the model says that the passages do not answer")]
    Declined,
    /// There is no word in it.
    #[error("empty: it says nothing")]
    Empty,
    /// It is longer than an answer is.
    #[error("too_long: it is longer than {LONGEST} characters")]
    TooLong,
    /// A sentence names no passage.
    #[error("uncited: no passage is named for “{0}”")]
    Uncited(String),
    /// It names a passage that it was not given.
    #[error("unknown_source: there is no passage {0}")]
    UnknownSource(usize),
    /// It is not plain text.
    #[error("markup: it is not plain text: “{0}”")]
    Markup(String),
    /// A figure, or its unit, is not in the passages.
    #[error("figure: “{0}” is not in the passages")]
    Figure(String),
    /// A link, an address or a telephone number is not.
    #[error("reference: “{0}” is not in the passages")]
    Reference(String),
    /// A name is not.
    #[error("name: “{0}” is not in the passages")]
    Name(String),
    /// A promise is not.
    #[error("claim: “{0}” is not in the passages")]
    Claim(String),
    /// It says no where the passages say yes, or the other way round.
    #[error("negation: the passages do not say “{0}”")]
    Negation(String),
    /// Its words are not those of the passages.
    #[error("unsupported: the passages do not say “{0}”")]
    Unsupported(String),
}

/// What of an answer can be given.
pub fn ground(answer: &str, sources: &[Source<'_>]) -> Result<Grounded, Ungrounded> {
    let answer = answer.trim();
    if answer.trim_matches(|letter: char| !letter.is_alphanumeric()) == DECLINED {
        return Err(Ungrounded::Declined);
    }
    if !answer.chars().any(char::is_alphanumeric) {
        return Err(Ungrounded::Empty);
    }
    if answer.chars().count() > LONGEST {
        return Err(Ungrounded::TooLong);
    }
    let parts = parts(answer)?;
    let mut cited = Vec::new();
    for part in &parts {
        for number in &part.cited {
            if *number == 0 || *number > sources.len() {
                return Err(Ungrounded::UnknownSource(*number));
            }
            if !cited.contains(number) {
                cited.push(*number);
            }
        }
        let evidence = Evidence::of(part.cited.iter().map(|number| &sources[number - 1]));
        for range in sentences(&part.text) {
            evidence.check(&part.text[range])?;
        }
    }
    let text: String = parts.iter().map(|part| part.text.as_str()).collect();
    let text = text.trim().to_owned();
    Ok(Grounded { text, cited })
}

/// Words, and the passages that are named for them.
struct Part {
    text: String,
    cited: Vec<usize>,
}

/// Divides an answer where it names passages.
fn parts(answer: &str) -> Result<Vec<Part>, Ungrounded> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = answer;
    let mut text = String::new();
    while let Some(at) = rest.find('[') {
        let Some(end) = rest[at..].find(']').map(|end| at + end) else {
            break;
        };
        let Some(numbers) = numbers(&rest[at + 1..end]) else {
            return Err(Ungrounded::Markup(shortened(&rest[at..=end])));
        };
        text.push_str(&rest[..at]);
        match parts.last_mut() {
            // A dot after the number, or one number after the other.
            Some(last) if !text.chars().any(char::is_alphanumeric) => {
                last.text.push_str(text.trim_end());
                last.cited.extend(numbers);
            }
            Some(last) if !is_new_sentence(&last.text, &text) => {
                return Err(Ungrounded::Uncited(shortened(&last.text)));
            }
            _ => parts.push(Part {
                text: text.trim_end().to_owned(),
                cited: numbers,
            }),
        }
        text.clear();
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    match parts.last_mut() {
        Some(last) if !text.chars().any(char::is_alphanumeric) => {
            last.text.push_str(text.trim_end());
        }
        _ => return Err(Ungrounded::Uncited(shortened(&text))),
    }
    if let Some(part) = parts
        .iter()
        .find(|part| !part.text.chars().any(char::is_alphanumeric))
    {
        return Err(Ungrounded::Uncited(shortened(&part.text)));
    }
    // Marks that would be shown, or run, in one place or another where the answer is read.
    for part in &parts {
        let mark = part.text.find(|letter: char| {
            matches!(
                letter,
                '<' | '>' | '[' | ']' | '{' | '}' | '`' | '*' | '|' | '\\'
            ) || is_unseen(letter)
                || letter.is_control() && letter != '\n'
        });
        if let Some(at) = mark {
            return Err(Ungrounded::Markup(shortened(&part.text[at..])));
        }
    }
    Ok(parts)
}

/// Whether a sentence ends between two parts: half of one is measured against nothing.
fn is_new_sentence(before: &str, after: &str) -> bool {
    const ENDS: &[char] = &['.', '!', '?', ':', ';'];
    let gap = after.len() - after.trim_start().len();
    before.trim_end().ends_with(ENDS)
        || after.trim_start().starts_with(ENDS)
        || after[..gap].contains('\n')
}

/// Marks that change what is read and are not seen, and the full stop of another script, which browsers take for that of a host.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{3002}')
}

/// The numbers within brackets; nothing where something else is.
fn numbers(inner: &str) -> Option<Vec<usize>> {
    let numbers: Option<Vec<usize>> = inner
        .split([',', ' ', ';'])
        .filter(|number| !number.is_empty())
        .map(|number| {
            let is_plain = number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit());
            is_plain.then(|| number.parse().ok()).flatten()
        })
        .collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

/// The beginning of what a refusal is about.
fn shortened(text: &str) -> String {
    text.trim().chars().take(120).collect()
}
