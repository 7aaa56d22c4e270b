//! Links, addresses and telephone numbers in a text.

use std::ops::Range;

/// Links, mail addresses and names of hosts, in lower case, and where they stand.
pub fn references(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut found = Vec::new();
    let is_end = |letter: char| {
        letter.is_whitespace() || matches!(letter, '<' | '>' | '(' | ')' | '"' | '“' | '”')
    };
    let mut begin = 0;
    for part in text.split_inclusive(is_end) {
        let word = part.trim_end_matches(is_end);
        let inner = word.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        let start = begin + word.len() - inner.len();
        let inner =
            inner.trim_end_matches(|letter: char| !letter.is_alphanumeric() && letter != '/');
        begin += part.len();
        let lower = inner.to_lowercase();
        if lower.contains("://") || lower.contains('@') || has_scheme(&lower) || is_host(&lower) {
            let name = lower.trim_end_matches('/').to_owned();
            found.push((start..start + inner.len(), name));
        }
    }
    found.into_iter()
}

fn has_scheme(word: &str) -> bool {
    ["mailto:", "tel:", "javascript:", "data:", "sms:"]
        .iter()
        .any(|scheme| word.starts_with(scheme))
}

/// `example.com`, `www.example.com/track`; not `e.g`, `3.50` or the end of one sentence without a blank before the next.
fn is_host(word: &str) -> bool {
    let host = word.split(['/', '?', '#']).next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && label
                    .chars()
                    .all(|letter| letter.is_alphanumeric() || letter == '-')
        })
        && last.chars().count() >= 2
        && last.chars().all(char::is_alphabetic)
}

/// The digits of what can be a telephone number, seven or more, and where they stand.
pub fn telephones(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut digits = String::new();
    let (mut begin, mut end, mut gap) = (0, 0, 0);
    for (at, letter) in text.char_indices().chain([(text.len(), '\n')]) {
        if letter.is_numeric() {
            if digits.is_empty() {
                begin = at;
            }
            digits.push(letter);
            end = at + letter.len_utf8();
            gap = 0;
        } else if matches!(letter, ' ' | '\u{a0}' | '-' | '/' | '(' | ')' | '.' | '+') && gap < 2 {
            gap += 1;
        } else {
            if digits.chars().count() >= 7 {
                found.push((begin..end, digits.clone()));
            }
            digits.clear();
            gap = 0;
        }
    }
    found
}

/// A text in which mail addresses and what can be a telephone, account or card number are only said to be there.
pub fn masked(text: &str) -> String {
    let addresses = references(text).filter(|(_, name)| name.contains('@'));
    let mut found: Vec<(Range<usize>, &str)> = addresses
        .map(|(range, _)| (range, "(a mail address)"))
        .collect();
    // An address may hold digits, and a number may end where one begins.
    let mut rest = text.to_owned();
    for (range, _) in &found {
        let blank = "\n".repeat(range.len());
        rest.replace_range(range.clone(), &blank);
    }
    found.extend(
        telephones(&rest)
            .into_iter()
            .map(|(range, _)| (range, "(a number)")),
    );
    found.sort_by_key(|(range, _)| range.start);
    let mut masked = text.to_owned();
    for (range, said) in found.into_iter().rev() {
        masked.replace_range(range, said);
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_addresses_and_hosts_are_told_from_words() {
        let text = "See https://Shop.example/track/, (www.shop.example) or mail help@shop.example. It costs 3.50, e.g. on a.m. or J.R. tel:+49";
        let found: Vec<String> = references(text).map(|(_, name)| name).collect();
        assert_eq!(
            found,
            [
                "https://shop.example/track",
                "www.shop.example",
                "help@shop.example",
                "tel:+49"
            ]
        );
        for (range, name) in references(text) {
            assert_eq!(text[range].trim_end_matches('/').to_lowercase(), name);
        }
    }

    #[test]
    fn who_somebody_is_is_masked_and_what_he_asks_is_not() {
        assert_eq!(
            masked(
                "I am ann.lee@example.com, +49 (170) 123-45-67, DE89 3704 0044 0532 0130 00. Where are my 25 seeds of order 48213?"
            ),
            "I am (a mail address), +(a number), DE(a number). Where are my 25 seeds of order 48213?"
        );
        assert_eq!(masked("12345678@example.com"), "(a mail address)");
        assert_eq!(
            masked("0170 1234567 4ever@mail.com"),
            "(a number) (a mail address)"
        );
        assert_eq!(masked("Größe 38 für 20 €"), "Größe 38 für 20 €");
    }

    #[test]
    fn every_text_can_be_masked() {
        use proptest::prelude::*;
        proptest!(|(text in "(\\PC|[0-9+@. ]){0,60}")| {
            prop_assert!(telephones(&masked(&text)).is_empty());
        });
    }
}
