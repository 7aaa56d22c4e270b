//! A text's words, as they are compared: in lower case and without endings, and its identifiers as they are written.
//!
//! Invariant: what holds a digit is never stemmed, so that E-4021 is not E-4022.

use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// The stemmed words of a text in a language (a tag as `en` or `pt-BR`), each once.
pub fn words(text: &str, language: &str) -> BTreeSet<String> {
    let stemmer = algorithm(language).map(Stemmer::create);
    text.unicode_words()
        .map(|word| {
            let word = word.to_lowercase();
            match &stemmer {
                Some(stemmer) if !word.chars().any(|letter| letter.is_ascii_digit()) => {
                    stemmer.stem(&word).into_owned()
                }
                _ => word,
            }
        })
        .collect()
}

fn algorithm(language: &str) -> Option<Algorithm> {
    let tongue = language.split('-').next().unwrap_or_default();
    Some(match tongue.to_ascii_lowercase().as_str() {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "en" => Algorithm::English,
        "es" => Algorithm::Spanish,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "nl" => Algorithm::Dutch,
        "no" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        _ => return None,
    })
}

/// What in a text names one thing: codes, models, orders, in capitals. It has a digit, and three characters without the marks between them;
/// a number alone needs four digits, because smaller ones count things.
pub fn identifiers(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| {
        !letter.is_alphanumeric() && !matches!(letter, '-' | '_' | '.' | '/' | '#')
    })
    .map(|token| token.trim_matches(|letter: char| !letter.is_alphanumeric()))
    .filter(|token| {
        let letters = token
            .chars()
            .filter(|letter| letter.is_alphabetic())
            .count();
        let digits = token.chars().filter(char::is_ascii_digit).count();
        digits > 0 && (letters > 0 && letters + digits >= 3 || digits >= 4)
    })
    .map(str::to_uppercase)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn endings_do_not_matter_and_digits_do() {
        assert_eq!(
            words("Refunds for refunded orders", "en"),
            set(&["refund", "for", "order"])
        );
        assert_eq!(
            words("возвраты и возврата", "ru-RU"),
            set(&["возврат", "и"])
        );
        assert_eq!(words("E4021 errors", "en"), set(&["e4021", "error"]));
        assert_eq!(words("Maailma", "xx"), set(&["maailma"]));
    }

    #[test]
    fn identifiers_are_told_from_amounts() {
        assert_eq!(
            identifiers("Error E-4021 on my rx100, order #RG-0012345, not 3 of 25 or 1.5"),
            set(&["E-4021", "RX100", "RG-0012345"])
        );
        assert_eq!(identifiers("ticket 48213."), set(&["48213"]));
        assert!(identifiers("How do I get 10 % off?").is_empty());
    }
}
