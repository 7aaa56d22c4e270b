//! Fields of JSON that others wrote.
//!
//! Invariant: what comes out can be stored: no control characters besides tab and line feed, no empty text. A field of
//! the wrong shape is a field that is missing.

use jiff::Timestamp;
use serde_json::Value;

/// Longest id that is believed. The known ones have fewer than 200 characters.
const ID_LIMIT: usize = 512;

/// A text as people wrote it, line breaks as `\n`; nothing when it is empty.
pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    let written = value.get(key)?.as_str()?;
    let clean: String = written
        .replace("\r\n", "\n")
        .chars()
        .map(|found| if found == '\r' { '\n' } else { found })
        .filter(|found| !found.is_control() || matches!(found, '\n' | '\t'))
        .collect();
    (!clean.trim().is_empty()).then_some(clean)
}

/// A text for one line, such as a name: without line breaks and without characters that turn the direction of what
/// stands after them.
pub(super) fn line(value: &Value, key: &str) -> Option<String> {
    let written = text(value, key)?;
    let clean: String = written
        .chars()
        .map(|found| if found.is_whitespace() { ' ' } else { found })
        .filter(|found| !is_direction_control(*found))
        .take(1_000)
        .collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

fn is_direction_control(found: char) -> bool {
    matches!(found, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An id. Ids are strings; where Meta writes a number (templates), its digits are the id.
pub(super) fn id(value: &Value, key: &str) -> Option<String> {
    let written = match value.get(key)? {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => return None,
    };
    let usable = !written.is_empty()
        && written.len() <= ID_LIMIT
        && !written
            .chars()
            .any(|found| found.is_control() || found.is_whitespace());
    usable.then_some(written)
}

/// A moment in Unix seconds, as text or as a number.
pub(super) fn moment(value: &Value, key: &str) -> Option<Timestamp> {
    let seconds = integer(value, key)?;
    (seconds > 0)
        .then(|| Timestamp::from_second(seconds).ok())
        .flatten()
}

/// A whole number, also when it is written as text.
pub(super) fn integer(value: &Value, key: &str) -> Option<i64> {
    match value.get(key)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A number with a fraction.
pub(super) fn number(value: &Value, key: &str) -> Option<f64> {
    match value.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

/// True only for a plain `true`.
pub(super) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// An object.
pub(super) fn object<'value>(value: &'value Value, key: &str) -> Option<&'value Value> {
    value.get(key).filter(|found| found.is_object())
}

/// The elements of a list; none when there is no list.
pub(super) fn list<'value>(value: &'value Value, key: &str) -> &'value [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
