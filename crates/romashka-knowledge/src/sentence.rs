//! Where a text's sentences begin and end.
//!
//! Invariant: the ranges are in order, do not overlap, hold no white space at their ends, and leave out nothing but white space. The rules are
//! those of Unicode (UAX #29); a line's end ends a sentence, and a dot after a short form does not.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Short forms whose dot ends no sentence, in lower case.
const SHORT_FORMS: &[&str] = &[
    "approx.", "bzw.", "ca.", "dr.", "e.g.", "etc.", "fig.", "i.e.", "incl.", "max.", "min.",
    "mr.", "mrs.", "ms.", "nr.", "no.", "prof.", "p.ej.", "sra.", "sr.", "st.", "str.", "tel.",
    "vs.", "z.b.", "г.", "др.", "руб.", "стр.", "т.д.", "т.е.", "тел.", "ул.",
];

/// The sentences of a text, as ranges of bytes.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut goes_on = false;
    for (start, part) in text.split_sentence_bound_indices() {
        let trimmed = part.trim();
        if trimmed.is_empty() {
            goes_on &= !part.contains('\n');
            continue;
        }
        let begin = start + (part.len() - part.trim_start().len());
        let range = begin..begin + trimmed.len();
        match found.last_mut() {
            Some(last) if goes_on => last.end = range.end,
            _ => found.push(range),
        }
        goes_on = !part.contains('\n') && ends_with_short_form(trimmed);
    }
    found
}

fn ends_with_short_form(sentence: &str) -> bool {
    let Some(last) = sentence.split_whitespace().next_back() else {
        return false;
    };
    let last = last
        .trim_start_matches(['(', '[', '"', '«', '“'])
        .to_lowercase();
    SHORT_FORMS.contains(&last.as_str())
        // An initial: "J. Smith".
        || last.strip_suffix('.').is_some_and(|name| {
            let mut letters = name.chars();
            letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<&str> {
        sentences(text)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn it_knows_where_sentences_end() {
        assert_eq!(
            split("Open Cards. Choose Link card!  Is it there? Yes."),
            ["Open Cards.", "Choose Link card!", "Is it there?", "Yes."]
        );
        assert_eq!(
            split("Ask Dr. Smith, e.g. Tomorrow. Or J. Doe."),
            ["Ask Dr. Smith, e.g. Tomorrow.", "Or J. Doe."]
        );
        assert_eq!(
            split("It costs 3.50 EUR. Free from 20."),
            ["It costs 3.50 EUR.", "Free from 20."]
        );
        assert_eq!(
            split("First line\nsecond line"),
            ["First line", "second line"]
        );
        assert_eq!(
            split("Доставка — 3 дня. Это 500 руб. за заказ. Хорошо?"),
            ["Доставка — 3 дня.", "Это 500 руб. за заказ.", "Хорошо?"]
        );
        assert_eq!(
            split("退货需要三天。请联系我们。"),
            ["退货需要三天。", "请联系我们。"]
        );
        assert!(split(" \n ").is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_told_twice(text in "(\\PC|[ .!?\n]){0,200}") {
            let ranges = sentences(&text);
            let mut end = 0;
            for range in &ranges {
                prop_assert!(range.start >= end);
                prop_assert!(text[end..range.start].trim().is_empty());
                prop_assert_eq!(text[range.clone()].trim(), &text[range.clone()]);
                prop_assert!(!text[range.clone()].is_empty());
                end = range.end;
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
