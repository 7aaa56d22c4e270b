//! Figures of a text with their units: amounts, times, dates, percentages.
//!
//! Invariants: "1,000.00", "1000" and "1 000" are one figure, and so are "five" and "5"; a unit is compared without its ending, and a currency
//! by whatever sign or word it is written.

use crate::words::words;

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    value: String,
    unit: Option<String>,
}

impl Figure {
    /// As it is told.
    pub fn shown(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} {unit}", self.value),
            None => self.value.clone(),
        }
    }
}

/// Whether a figure is among those of another text: with its unit, where it has one.
pub fn is_in(figure: &Figure, known: &[Figure]) -> bool {
    known.iter().any(|other| {
        other.value == figure.value && (figure.unit.is_none() || figure.unit == other.unit)
    })
}

/// The figures of a text, in its order.
pub fn figures(text: &str) -> Vec<Figure> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let Some(value) = value_of(token) else {
            continue;
        };
        let before = index
            .checked_sub(1)
            .and_then(|before| currency(&tokens[before]));
        let after = tokens
            .get(index + 1)
            .and_then(|next| unit(next, tokens.get(index + 2)));
        let unit = before.map(str::to_owned).or(after);
        found.push(Figure { value, unit });
    }
    found
}

/// Figures, words, and signs of currency and of percent.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let begin = at;
        if letters[at].is_numeric() {
            while at < letters.len() && is_of_figure(&letters, at) {
                at += 1;
            }
        } else if letters[at].is_alphabetic() {
            while at < letters.len()
                && (letters[at].is_alphabetic() || matches!(letters[at], '\'' | '’'))
            {
                at += 1;
            }
        } else {
            at += 1;
            if !matches!(
                letters[begin],
                '€' | '$' | '£' | '¥' | '₽' | '₴' | '₹' | '%' | '‰' | '°'
            ) {
                // A word and the one after a comma do not belong together.
                if matches!(
                    letters[begin],
                    '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')' | '\n'
                ) {
                    tokens.push(String::new());
                }
                continue;
            }
        }
        tokens.push(letters[begin..at].iter().collect());
    }
    tokens
}

/// Digits, and marks between two of them.
fn is_of_figure(letters: &[char], at: usize) -> bool {
    if letters[at].is_numeric() {
        return true;
    }
    let next = letters.get(at + 1).is_some_and(|next| next.is_numeric());
    match letters[at] {
        '.' | ',' | ':' | '/' => next,
        // Thousands: "1 000".
        ' ' | '\u{a0}' | '\u{202f}' => {
            let three = letters
                .get(at + 1..at + 4)
                .is_some_and(|group| group.iter().all(|digit| digit.is_numeric()));
            three && !letters.get(at + 4).is_some_and(|more| more.is_numeric())
        }
        _ => false,
    }
}

fn value_of(token: &str) -> Option<String> {
    if !token.starts_with(char::is_numeric) {
        let small = NUMBERS
            .iter()
            .find(|(word, _)| token.eq_ignore_ascii_case(word));
        return small.map(|(_, value)| (*value).to_owned());
    }
    let plain: String = token
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    if plain.contains([':', '/']) || plain.matches('.').count() > 1 {
        return Some(plain);
    }
    // A comma before three digits divides thousands; before another number of them it is a decimal mark.
    let (whole, decimals) = match (plain.rsplit_once(','), plain.rsplit_once('.')) {
        (_, Some((whole, decimals))) => (whole.replace(',', ""), decimals.to_owned()),
        (Some((whole, group)), None) if group.len() != 3 => {
            (whole.replace(',', ""), group.to_owned())
        }
        _ => (plain.replace(',', ""), String::new()),
    };
    let decimals = decimals.trim_end_matches('0');
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match decimals {
        "" => whole.to_owned(),
        _ => format!("{whole}.{decimals}"),
    })
}

fn unit(next: &str, after: Option<&String>) -> Option<String> {
    if let Some(currency) = currency(next) {
        return Some(currency.to_owned());
    }
    let lower = next.to_lowercase();
    match lower.as_str() {
        "%" | "percent" => return Some("%".to_owned()),
        "per" if after.is_some_and(|after| after.eq_ignore_ascii_case("cent")) => {
            return Some("%".to_owned());
        }
        _ => {}
    }
    // Five working days are more than five days.
    if let Some((_, kind)) = KINDS.iter().find(|(form, _)| *form == lower) {
        let counted = after.and_then(|after| noun(&after.to_lowercase()))?;
        return Some(format!("{kind} {counted}"));
    }
    noun(&lower)
}

fn noun(word: &str) -> Option<String> {
    if let Some((_, long)) = SHORT_UNITS.iter().find(|(short, _)| *short == word) {
        return Some((*long).to_owned());
    }
    let is_noun = word.chars().count() > 1
        && word.chars().all(char::is_alphabetic)
        && !JOINING.contains(&word);
    if is_noun {
        words(word, "en").into_iter().next()
    } else {
        None
    }
}

fn currency(token: &str) -> Option<&'static str> {
    let lower = token.to_lowercase();
    CURRENCIES
        .iter()
        .find(|(_, forms)| forms.contains(&lower.as_str()))
        .map(|(name, _)| *name)
}

const CURRENCIES: &[(&str, &[&str])] = &[
    ("EUR", &["€", "eur", "euro", "euros"]),
    ("USD", &["$", "usd", "dollar", "dollars"]),
    ("GBP", &["£", "gbp", "pound", "pounds"]),
    ("JPY", &["¥", "jpy", "yen"]),
    ("RUB", &["₽", "rub", "rouble", "roubles", "ruble", "rubles"]),
    ("UAH", &["₴", "uah", "hryvnia"]),
    ("INR", &["₹", "inr", "rupee", "rupees"]),
    ("CHF", &["chf", "franc", "francs"]),
];

const NUMBERS: &[(&str, &str)] = &[
    ("zero", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("thirteen", "13"),
    ("fourteen", "14"),
    ("fifteen", "15"),
    ("sixteen", "16"),
    ("seventeen", "17"),
    ("eighteen", "18"),
    ("nineteen", "19"),
    ("twenty", "20"),
    ("thirty", "30"),
    ("forty", "40"),
    ("fifty", "50"),
    ("sixty", "60"),
    ("seventy", "70"),
    ("eighty", "80"),
    ("ninety", "90"),
    ("hundred", "100"),
    ("thousand", "1000"),
    ("million", "1000000"),
];

const SHORT_UNITS: &[(&str, &str)] = &[
    ("h", "hour"),
    ("hr", "hour"),
    ("hrs", "hour"),
    ("min", "minut"),
    ("mins", "minut"),
    ("sec", "second"),
    ("secs", "second"),
    ("s", "second"),
    ("d", "day"),
    ("kg", "kilogram"),
    ("g", "gram"),
    ("km", "kilomet"),
    ("cm", "centimet"),
    ("mm", "millimet"),
    ("m", "metr"),
    ("l", "litr"),
    ("am", "am"),
    ("pm", "pm"),
];

/// Words that say which days or months are counted.
const KINDS: &[(&str, &str)] = &[
    ("business", "working"),
    ("calendar", "calendar"),
    ("working", "working"),
];

/// Words after a figure that are not what it counts.
const JOINING: &[&str] = &[
    "about", "after", "and", "are", "as", "at", "before", "but", "by", "for", "from", "has", "if",
    "in", "is", "it", "may", "must", "of", "on", "or", "per", "than", "that", "the", "then",
    "through", "to", "until", "was", "we", "when", "which", "will", "with", "within", "you",
    "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        figures(text).iter().map(Figure::shown).collect()
    }

    #[test]
    fn figures_are_told_with_their_units() {
        assert_eq!(
            shown("Within 14 days, from €1,250.00 or 12,5 % on; 30-day trial, five business days."),
            ["14 day", "1250 EUR", "12.5 %", "30 day", "5 working day"]
        );
        assert_eq!(
            shown("At 10:30 on 24/12 in 2027, 1 000 kg."),
            ["10:30", "24/12", "2027", "1000 kilogram"]
        );
        assert_eq!(shown("USD 20 is 20 dollars"), ["20 USD", "20 USD"]);
        assert_eq!(shown("from 9 to 6, 2 hrs"), ["9", "6", "2 hour"]);
    }

    #[test]
    fn a_figure_counts_what_it_counts() {
        let known = figures("It takes 5 working days and costs $12.50.");
        let is_known = |text: &str| figures(text).iter().all(|figure| is_in(figure, &known));
        assert!(is_known("five business days") && is_known("12.5 dollars") && is_known("in 5"));
        assert!(
            !is_known("5 weeks")
                && !is_known("5 days")
                && !is_known("12.50 euros")
                && !is_known("50 days")
        );
    }
}
