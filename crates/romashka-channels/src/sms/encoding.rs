//! The alphabets of SMS: GSM 7-bit (3GPP TS 23.038) and UCS-2.
//!
//! Invariant: one character outside of GSM's alphabet puts the whole text into UCS-2, which holds less than half as much
//! in a message; [`simplified`] shows what it would be with the look-alikes that GSM has.

use serde::Serialize;

/// How a text is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Seven bits a character, or twice that for those of the extension table.
    Gsm7,
    /// UTF-16, two bytes a unit.
    Ucs2,
}

/// Characters of the basic table besides A–Z, a–z and 0–9.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Characters of the extension table.
const EXTENSION: &str = "^{}\\[~]|€\u{c}";

/// Septets of a character, or nothing when GSM does not have it.
pub fn septets(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// The encoding that a text needs.
pub fn encoding_of(text: &str) -> Encoding {
    if text.chars().all(|character| septets(character).is_some()) {
        Encoding::Gsm7
    } else {
        Encoding::Ucs2
    }
}

/// Look-alikes in GSM's alphabet of signs that word processors and phones put in.
const LOOK_ALIKES: [(char, &str); 44] = [
    ('\u{ab}', "\""),
    ('\u{bb}', "\""),
    ('\u{201c}', "\""),
    ('\u{201d}', "\""),
    ('\u{201e}', "\""),
    ('\u{201f}', "\""),
    ('\u{2033}', "\""),
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
    ('\u{201a}', "'"),
    ('\u{201b}', "'"),
    ('\u{2032}', "'"),
    ('\u{2039}', "'"),
    ('\u{203a}', "'"),
    ('\u{60}', "'"),
    ('\u{b4}', "'"),
    ('\u{2bc}', "'"),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2015}', "-"),
    ('\u{2212}', "-"),
    ('\u{2026}', "..."),
    ('\u{2022}', "-"),
    ('\u{b7}', "."),
    ('\u{2024}', "."),
    ('\u{2044}', "/"),
    ('\u{d7}', "x"),
    ('\u{a0}', " "),
    ('\u{2000}', " "),
    ('\u{2002}', " "),
    ('\u{2003}', " "),
    ('\u{2009}', " "),
    ('\u{200a}', " "),
    ('\u{202f}', " "),
    ('\u{205f}', " "),
    ('\u{3000}', " "),
    ('\u{9}', " "),
    ('\u{200b}', ""),
    ('\u{2060}', ""),
    ('\u{feff}', ""),
    ('\u{ad}', ""),
];

/// The text with look-alikes instead of signs that GSM lacks. Letters are never changed: a word must stay that word.
pub fn simplified(text: &str) -> String {
    let mut simple = String::with_capacity(text.len());
    for character in text.chars() {
        match LOOK_ALIKES.iter().find(|(known, _)| *known == character) {
            Some((_, replacement)) => simple.push_str(replacement),
            None => simple.push(character),
        }
    }
    simple
}

/// The characters that keep a text out of GSM's alphabet, each once, in order; at most `limit`.
pub fn characters_outside(text: &str, limit: usize) -> Vec<char> {
    let mut found = Vec::new();
    for character in text.chars() {
        if found.len() >= limit {
            break;
        }
        if septets(character).is_none() && !found.contains(&character) {
            found.push(character);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet() {
        // 128 places of the basic table, of which the escape stands for the extension table.
        assert_eq!(BASIC.chars().count() + 26 + 26 + 10, 128);
        for character in "Çéèùìòàñüöä@£¥€".chars() {
            assert!(septets(character).is_some(), "{character}");
        }
        for character in "çÁÍÓÚáíóú`“”–—\u{a0}яЯ\t".chars() {
            assert_eq!(septets(character), None, "{character}");
        }
        for character in EXTENSION.chars() {
            assert_eq!(septets(character), Some(2));
        }
        assert_eq!(encoding_of("e\u{301}"), Encoding::Ucs2);
        assert_eq!(encoding_of(""), Encoding::Gsm7);
    }

    #[test]
    fn look_alikes_are_in_the_alphabet() {
        for (character, replacement) in LOOK_ALIKES {
            assert_eq!(septets(character), None, "{character:?}");
            assert_eq!(encoding_of(replacement), Encoding::Gsm7, "{character:?}");
        }
        assert_eq!(
            simplified("“Don’t” – wait…\u{a0}ok"),
            "\"Don't\" - wait... ok"
        );
        assert_eq!(simplified("Привет"), "Привет");
        assert_eq!(characters_outside("a“b“–", 9), ['“', '–']);
        assert_eq!(characters_outside("абв", 2), ['а', 'б']);
    }
}
