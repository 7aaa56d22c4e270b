//! Words by the part they play: those that deny, promise, open a sentence, or only join others.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

use crate::contact_details::{references, telephones};
use crate::words::words;

/// Each word as it is written, and in lower case.
pub(super) fn forms(text: &str) -> impl Iterator<Item = (&str, String)> {
    text.unicode_words().map(|word| (word, plain(word)))
}

fn plain(word: &str) -> String {
    word.replace('’', "'").to_lowercase()
}

/// The stems of the words that carry what is said.
pub(super) fn content(text: &str) -> BTreeSet<String> {
    // Figures and addresses are compared letter for letter.
    let text = quantities(text);
    let carrying: Vec<String> = forms(&text)
        .map(|(_, form)| form)
        .filter(|form| {
            let is_word = form.chars().any(char::is_alphabetic) && !form.contains(char::is_numeric);
            is_word && !FUNCTION_WORDS.contains(&form.as_str()) && !is_negation(form)
        })
        .collect();
    words(&carrying.join(" "), "en")
}

/// Whether a word denies.
pub(super) fn is_negation(form: &str) -> bool {
    form.ends_with("n't") || NEGATIONS.contains(&form)
}

/// Whether a text denies anything.
pub(super) fn says_no(text: &str) -> bool {
    forms(text).any(|(_, form)| is_negation(&form))
}

/// A word without its ending.
pub(super) fn stem(form: &str) -> String {
    words(form, "en").into_iter().next().unwrap_or_default()
}

/// A text without what is compared letter for letter.
pub(super) fn quantities(text: &str) -> String {
    let mut plain = text.to_owned();
    let ranges = references(text)
        .map(|(range, _)| range)
        .chain(telephones(text).into_iter().map(|(range, _)| range));
    for range in ranges {
        let blank = " ".repeat(range.len());
        plain.replace_range(range, &blank);
    }
    plain
}

/// Words by which something is denied or taken out.
const NEGATIONS: &[&str] = &[
    "no",
    "non",
    "not",
    "never",
    "none",
    "nobody",
    "nothing",
    "nowhere",
    "nor",
    "neither",
    "cannot",
    "cant",
    "without",
    "except",
    "excluding",
    "excluded",
    "unless",
    "unable",
    "impossible",
    "hardly",
    "rarely",
    "refuse",
    "refuses",
    "refused",
    "decline",
    "declines",
    "declined",
    "deny",
    "denies",
    "denied",
    "forbidden",
    "prohibited",
    "unavailable",
    "ineligible",
    "invalid",
    "stop",
    "stops",
    "stopped",
];

/// Words that promise, or say how far something goes: never put in by the model.
const CLAIMS: &[&str] = &[
    "yes",
    "free",
    "freely",
    "complimentary",
    "guarantee",
    "guaranteed",
    "guarantees",
    "refund",
    "refunded",
    "refunds",
    "reimburse",
    "reimbursed",
    "compensation",
    "compensate",
    "discount",
    "discounts",
    "voucher",
    "coupon",
    "credit",
    "always",
    "ever",
    "every",
    "all",
    "any",
    "anytime",
    "anywhere",
    "anyone",
    "everyone",
    "everything",
    "unlimited",
    "only",
    "immediately",
    "instantly",
    "immediate",
    "instant",
    "automatically",
    "automatic",
    "legal",
    "legally",
    "liable",
    "liability",
    "warranty",
    "promise",
    "promised",
    "lifetime",
    "forever",
    "permanent",
    "permanently",
    "must",
    "required",
    "mandatory",
    "optional",
    "safe",
    "secure",
    "certified",
    "approved",
    "half",
    "double",
    "twice",
    "triple",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "annual",
    "annually",
    "today",
    "tomorrow",
    "tonight",
    "yesterday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "weekend",
    "weekends",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "before",
    "after",
    "until",
    "least",
    "most",
    "maximum",
    "minimum",
    "more",
    "less",
    "password",
    "passwords",
];

/// Their stems.
pub(super) static CLAIM_STEMS: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| CLAIMS.iter().map(|word| stem(word)).collect());

/// Words with which a sentence may begin although the passages do not have them.
pub(super) const OPENING_WORDS: &[&str] = &[
    "check", "choose", "click", "contact", "go", "keep", "make", "note", "open", "select", "send",
    "simply", "use", "visit", "write", "call",
];

/// Words that join others and say nothing themselves.
pub(super) const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "also", "am", "an", "and", "are", "as", "at", "be", "because", "been", "being",
    "both", "but", "by", "can", "could", "did", "do", "does", "doing", "each", "for", "from",
    "get", "gets", "had", "has", "have", "having", "he", "her", "here", "hers", "him", "his",
    "how", "i", "if", "in", "into", "is", "it", "it's", "its", "just", "let", "may", "me", "might",
    "my", "of", "off", "on", "one", "or", "our", "ours", "out", "over", "please", "shall", "she",
    "should", "so", "some", "such", "than", "that", "that's", "the", "their", "theirs", "them",
    "then", "there", "these", "they", "this", "those", "through", "to", "too", "under", "up",
    "upon", "us", "was", "we", "we'll", "we're", "were", "what", "when", "where", "which", "while",
    "who", "whom", "why", "will", "with", "would", "you", "you'll", "you're", "your", "yours",
];
